//! The core Lambdas: the items API, the stream function, the controller, the reconciler.
//!
//! In: events as bytes, and ports. Out: answers and calls on the ports. Everything but
//! [`aws`] is decided without AWS: no SDK, no environment, no clock (`now` is an argument), so
//! that one machine can run the same code on other adapters.

pub mod attribute;
#[cfg(feature = "aws")]
pub mod aws;
pub mod controller;
pub mod items;
pub mod job_types;
#[cfg(feature = "local")]
pub mod local;
pub mod ports;
pub mod reconcile;
pub mod stream;

#[cfg(test)]
mod fakes;
#[cfg(test)]
mod rubbish;
