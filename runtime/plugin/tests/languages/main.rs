//! The same for a plugin's author in every language: this crate, the one file for Rust, the one for
//! Python, the one for Node. Each drives a small consumer, a real process behind a Lambda Runtime
//! API, over the same events.
//!
//! Needs `python3` and `node` on the path. They run in the loops of `scheduler local`.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod clouds;
mod envelopes;
mod folders;
mod mails;
mod original;
mod scripts;
mod support;
