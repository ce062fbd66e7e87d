//! `scheduler local`: the whole system on this machine, in one process.
//!
//! In: a resolved app, its built units and a data folder. Out: a server that answers the REST
//! API, fires due jobs and runs consumers as child processes. Jobs, schedules and runs live in
//! `scheduler_runtime::local`; what they mean is the same core as the Lambdas'. Deliberately
//! absent: AWS.

mod broken;
pub mod clock;
pub mod consumers;
mod controller;
mod error;
mod expiry;
mod firing;
mod jwt;
mod listen;
mod log;
mod pump;
mod server;
mod start;
mod verify;
mod world;

pub use error::StartError;
pub use log::Log;
pub use start::{Callers, Local, Options};
pub use verify::{Found, Verification};
