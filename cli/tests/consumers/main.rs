//! Consumers as child processes, seen from outside: events in, invocations out.
//!
//! Needs `rustc`, `python3` and `node` on the path.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod api;
mod command;
mod ending;
mod environment;
mod node;
mod python;
mod runs;
mod starting;
mod support;
