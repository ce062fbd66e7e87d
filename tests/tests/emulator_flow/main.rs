//! The whole product, from nothing to nothing: deployed to the AWS emulator with each function's
//! own role enforced, used over HTTP, destroyed.

mod asked;
mod contract;
mod elsewhere;
mod guarded;
mod hand;
mod in_step;
mod kept;
mod killed;
mod languages;
mod lost;
mod one_plugin;
mod original;
mod plugins;
mod poison;
mod snapshot;
mod stage;
mod states;
mod verified;
mod walks;
mod watch;
