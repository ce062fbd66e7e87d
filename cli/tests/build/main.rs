//! What a build does, seen from outside: temporary projects in, reports and zips out.
//!
//! Needs `cargo`, and `cargo lambda` with its Zig, on the path.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod command;
mod failures;
mod folder;
mod node;
mod python;
mod rust;
mod support;
mod zips;
