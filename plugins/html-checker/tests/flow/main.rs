//! The plugin as its host sees it: the built program behind a Lambda Runtime API on loopback,
//! watching pages of a server on loopback, with folders for state and mail.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod batches;
mod changes;
mod fetching;
mod http;
mod refusals;
mod site;
mod world;
