//! The jobs that an env has stored, held against the job types that a deploy brings.
//!
//! In: what is deployed and what is wanted. Out: jobs whose type would be gone, and jobs that their
//! type's new schema refuses; on consent, the first ones paused or deleted. Deliberately absent: the
//! schedules, which follow the jobs.

mod aws;
mod jobs;
#[cfg(test)]
mod jobs_tests;
mod judge;
mod orphans;
mod ports;
mod reconciler;
mod stakes;
#[cfg(test)]
mod stakes_tests;

use std::time::{SystemTime, UNIX_EPOCH};

pub use judge::{Findings, Held, Types};
pub use orphans::{OnOrphans, look, pause};
pub use ports::{StoredJobs, key_of};
pub use reconciler::reconciler;
pub use stakes::at_stake;

/// Epoch seconds.
pub(crate) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}
