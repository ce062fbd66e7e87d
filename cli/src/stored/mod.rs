//! The jobs that an env has stored, held against the job types that a deploy brings.
//!
//! In: what is deployed and what is wanted. Out: jobs whose type would be gone, and jobs that their
//! type's new schema refuses; on consent, the first ones paused or deleted. Deliberately absent: the
//! schedules, which follow the jobs.

mod aws;
mod jobs;
mod judge;
mod orphans;
mod ports;
mod reconciler;
mod stakes;
#[cfg(test)]
mod stakes_tests;

pub use judge::{Findings, Held, Types};
pub use orphans::{OnOrphans, look, pause};
pub use ports::{StoredJobs, key_of};
pub use reconciler::reconciler;
pub use stakes::at_stake;
