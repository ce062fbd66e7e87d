//! `POST /job/{job_id}/pause` and `/resume`

use super::answer::{self, Answer, ApiError};
use super::claims::Ask;
use super::etag;
use super::update::{TRIES, key_of, rev_of};
use crate::ports::{Failure, JobStore, Written};
use scheduler_contract::ScheduledJob;

/// Stops a job's runs until it is resumed.
///
/// # Errors
/// Where the caller has no such job, others keep changing it, or the store fails.
pub async fn pause<S: JobStore>(store: &S, ask: Ask<'_>) -> Result<Answer, ApiError> {
    set(store, ask, false).await
}

/// Lets a job run again, in its own phase: a resume does not fire it.
///
/// # Errors
/// As [`pause`].
pub async fn resume<S: JobStore>(store: &S, ask: Ask<'_>) -> Result<Answer, ApiError> {
    set(store, ask, true).await
}

/// A job that is so already is answered as it is, and nothing is written.
async fn set<S: JobStore>(store: &S, ask: Ask<'_>, enabled: bool) -> Result<Answer, ApiError> {
    let key = key_of(ask)?;
    for _ in 0..TRIES {
        let stored = store.read(&key).await?.ok_or(ApiError::NotFound)?;
        let rev = rev_of(&stored);
        etag::check(ask.if_match, rev)?;
        let job = ScheduledJob::from_map(stored)
            .map_err(|error| Failure::new("read a job that was stored", error.to_string()))?;
        if job.enabled == enabled {
            return Ok(answer::one(job.to_map(), ask.now));
        }
        let job = ScheduledJob {
            enabled,
            rev: rev.saturating_add(1),
            updated_at: Some(ask.now),
            // An item of the original has no phase yet; it starts now.
            anchor: job.anchor.or(Some(ask.now)),
            ..job
        };
        if store.replace(&job, rev).await? == Written::Done {
            return Ok(answer::one(job.to_map(), ask.now));
        }
    }
    Err(ApiError::Busy)
}
