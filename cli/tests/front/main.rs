//! The front of the command line, seen from outside: words in, files, texts and exit codes out.
//!
//! Needs `python3` and `sh` on the path.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod doctor;
mod init;
mod interrupt;
mod json;
mod limits;
mod plugins;
mod printed;
mod progress;
mod readme;
mod support;
mod usage;
