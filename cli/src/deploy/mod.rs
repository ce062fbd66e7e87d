//! The effects on AWS: deploy, status, destroy, reading what is deployed.
//!
//! In: a [`release::Release`] (templates, objects and identity, all decided before) and one value
//! that implements the ports. Out: an [`apply::Outcome`], a [`status::Status`], a
//! [`destroy::Destroyed`], or a [`error::DeployError`] that says what to do next.
//! Deliberately absent: decisions about what the stack should hold (that is the plan's), asking
//! the user (a caller stands between `prepare` and `apply`), printing (lines go to `Progress`).
//!
//! `prepare` is bound by the reading ports only, so that what looks cannot write; a dry run is
//! "`apply` is not called". The only files that name an AWS SDK are in `aws/`.

pub mod adopt;
pub mod apply;
pub mod aws;
pub mod call;
pub mod changeset;
pub mod circle;
pub mod deployed;
pub mod destroy;
pub mod due;
pub mod elsewhere;
pub mod error;
pub mod events;
pub mod explain;
pub mod failure;
pub mod finish;
pub mod guard;
pub mod history;
pub mod keep;
pub mod meant;
pub mod note;
pub mod origin;
pub mod place;
pub mod policy;
pub mod ports;
pub mod prepare;
pub mod preview;
pub mod protect;
pub mod recover;
pub mod refusal;
pub mod release;
pub mod session;
pub mod smoke;
pub mod stack;
pub mod status;
mod tidy;
pub mod upload;
pub mod watch;

#[cfg(test)]
mod durable_tests;
#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod fake_buckets;
#[cfg(test)]
mod fake_writer;
#[cfg(test)]
mod preview_tests;
#[cfg(test)]
mod state_tests;
#[cfg(test)]
mod tests;
