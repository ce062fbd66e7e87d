//! The REST API of jobs: what a caller asks, judged and answered over a [`crate::ports::JobStore`].
//!
//! In: who calls (from the token's claims), a job id as text, a body as bytes. Out: an
//! [`Answer`]. [`http`] reads and writes API Gateway's events. Deliberately absent: checking
//! tokens (the gateway's work) and schedules (the table's stream brings those about).

mod answer;
mod api;
mod body;
mod claims;
mod create;
mod etag;
pub mod http;
mod ids;
mod judge;
mod list;
mod pause;
mod places;
mod query;
mod remove;
mod route;
mod run;
mod sentence;
mod storable;
#[cfg(test)]
mod tests;
mod update;
mod validate;

pub use answer::{Answer, ApiError};
pub use api::Api;
pub use claims::{Ask, Caller};
pub use create::{Creation, create};
pub use list::{get, job_types, list};
pub use pause::{pause, resume};
pub use query::Query;
pub use remove::remove;
pub use route::Route;
pub use run::{run, runs};
pub use update::update;
