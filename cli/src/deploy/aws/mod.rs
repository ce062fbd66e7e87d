//! The ports on the AWS SDK; the only files of the deploy engine that name it.
//!
//! One [`clients::Aws`] implements them all. Every call's error becomes a
//! [`super::error::CallError`] that knows its IAM action and its resource.

mod account;
mod arn;
pub mod calls;
pub mod clients;

mod cloudformation;
mod data;
#[cfg(test)]
mod every_state_tests;
pub(crate) mod failure;
mod functions;
mod http;
mod identity;
mod objects;
#[cfg(test)]
pub(crate) mod replay;
#[cfg(test)]
mod replay_tests;
mod stacks;
#[cfg(test)]
pub(crate) mod wire_tests;
