//! The webhook plugin: calls a URL on every tick.
//!
//! In: ticks of `webhook_job`. Out: one request a tick, signed where the environment has a secret,
//! and a failed tick where the answer is not the expected one. [`call`] reads as the whole of a
//! run; the other modules are its steps.

mod answer;
pub mod call;
mod error;
mod headers;
pub mod job;
pub mod settings;
pub mod sign;
