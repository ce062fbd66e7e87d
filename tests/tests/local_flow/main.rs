//! The whole system on this machine: `scheduler local` as a user runs it.

mod bad_luck;
mod changes;
mod contract;
mod doors;
mod far;
mod in_step;
mod jobs;
mod kept;
mod plugins;
mod watch;
