//! The server on a clock that is stepped: days pass in seconds.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails its test")]

mod clocks;
mod days;
mod removed;
mod retries;
mod support;
mod watch;
