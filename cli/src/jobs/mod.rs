//! A client of the items API, for the server on this machine and for deployed envs alike.
//!
//! In: where the API is, and a token where it wants one. Out: jobs as JSON. Deliberately absent:
//! any judgement of a job's own fields; that is the API's.

mod client;
mod fields;
mod file;
mod known;
mod place;
mod show;
pub mod tokens;

pub use client::{Client, ClientError, Job};
pub(crate) use fields::apply;
pub use fields::{FieldError, parse, seconds};
pub use file::{FileError, read, write};
pub use known::Known;
pub use place::{Place, Server, address};
pub use show::{dead_table, job_text, jobs_table, run_text, runs_table};
