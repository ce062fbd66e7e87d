//! What the author of a Rust consumer uses.
//!
//! In: the events that a Lambda function gets from SNS or from an SQS queue. Out: one call of the
//! author's handler a tick, with the job typed, and the answer that SQS or SNS understands. A bad
//! record never takes its neighbours down with it.
//!
//! ```no_run
//! use scheduler_plugin::{Error, Tick};
//!
//! #[derive(serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Ping {
//!     url: String,
//! }
//!
//! fn main() -> Result<(), Error> {
//!     scheduler_plugin::run(|tick: Tick<Ping>| async move {
//!         scheduler_plugin::info("ping", &[("url", &tick.job.own.url)]);
//!         Ok::<(), Error>(())
//!     })
//! }
//! ```
//!
//! Features: `state` (a private place to keep things: S3 or a folder), `mail` (SES or a folder),
//! `web` (requests to addresses that users wrote, without a way into the function's own network),
//! `tls` (rustls on ring made the process's default; `state` and `web` bring it along).
//!
//! Deliberately absent: anything of the core system. A plugin sees the ticks of its own job types
//! and nothing else.

mod batch;
mod envelope;
mod job;
mod log;
#[cfg(feature = "mail")]
pub mod mail;
mod run;
#[cfg(feature = "state")]
pub mod state;
mod tick;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(feature = "web")]
pub mod web;

pub use batch::{Batch, BatchError};
pub use envelope::EnvelopeError;
pub use job::{CORE_FIELDS, Job, JobError};
pub use log::{error, info, warn};
pub use run::{Error, run, serve};
pub use tick::Tick;
