//! The plugin as its host sees it: the built program behind a Lambda Runtime API on loopback, which
//! calls a server on loopback.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod batches;
mod calls;
mod hooks;
mod http;
mod logs;
mod names;
mod refusals;
mod signing;
mod world;
