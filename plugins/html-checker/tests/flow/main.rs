//! The plugin as its host sees it: the built program behind a Lambda Runtime API on loopback,
//! watching pages of a server on loopback, with folders for state and mail (or S3 and SES, played).

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod aws;
mod batches;
mod changes;
mod cloud;
mod fetching;
mod http;
mod refusals;
mod site;
mod world;
