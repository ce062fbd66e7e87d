//! `PUT /job/update/{job_id}`

use super::answer::{self, Answer, ApiError};
use super::body::{self, Body};
use super::claims::Ask;
use super::etag;
use super::judge::{Proposal, judge};
use crate::job_types::JobTypes;
use crate::ports::{Item, JobStore, Written};
use scheduler_contract::{JobKey, ScheduledJob, Tick};
use serde_json::Value;

/// How often an update loses against other writers before it says so. Each loss means that somebody
/// else won: so many writers of one job at once are none that wait for an answer.
pub(super) const TRIES: usize = 25;

/// Replaces a job and answers it whole. What is not the client's stays: whether it is paused, and
/// its phase as long as `sleep_time` is the same. With `If-Match` it is only done to the revision
/// that is named.
///
/// # Errors
/// What the caller did wrong, or a failure of the store.
pub async fn update<S: JobStore>(
    store: &S,
    types: &JobTypes,
    ask: Ask<'_>,
) -> Result<Answer, ApiError> {
    let key = key_of(ask)?;
    for _ in 0..TRIES {
        let stored = store.read(&key).await?.ok_or(ApiError::NotFound)?;
        etag::check(ask.if_match, rev_of(&stored))?;
        let body = body::read(ask.body)?;
        same_type(&stored, &body)?;
        let job_id = key.job_id;
        let tick = judge(types, ask.caller, Proposal { body, job_id })?;
        let job = next_job(&stored, tick, ask.now);
        if store.replace(&job, rev_of(&stored)).await? == Written::Done {
            return Ok(answer::one(job.to_map(), ask.now));
        }
    }
    Err(ApiError::Busy)
}

/// The key of a path: any text that is no id of a job names no job.
pub(crate) fn key_of(ask: Ask<'_>) -> Result<JobKey, ApiError> {
    let job_id = ask.job_id.parse().map_err(|_| ApiError::NotFound)?;
    Ok(JobKey { user_id: ask.caller.user_id.clone(), job_id })
}

fn same_type(stored: &Item, body: &Body) -> Result<(), ApiError> {
    match (stored.get("job_type"), &body.job_type) {
        (Some(Value::String(old)), Some(new)) if new.as_str() != Some(old) => {
            let problem = format!("cannot be changed; this job is a `{old}`");
            Err(ApiError::field("/job_type", problem))
        }
        _ => Ok(()),
    }
}

/// The item may be the original's, or lack what it should have: only what is kept is read.
fn next_job(stored: &Item, tick: Tick, now: i64) -> ScheduledJob {
    let same_rate = stored.get("sleep_time").and_then(Value::as_u64) == Some(tick.sleep_time);
    let anchor = stored.get("anchor").and_then(Value::as_i64);
    ScheduledJob {
        user_id: tick.user_id,
        user_email: tick.user_email,
        job_id: tick.job_id,
        job_type: tick.job_type,
        sleep_time: tick.sleep_time,
        enabled: stored.get("enabled") != Some(&Value::Bool(false)),
        rev: rev_of(stored).saturating_add(1),
        anchor: anchor.filter(|_| same_rate).or(Some(now)),
        updated_at: Some(now),
        fields: tick.fields,
    }
}

pub(super) fn rev_of(stored: &Item) -> u64 {
    stored.get("rev").and_then(Value::as_u64).unwrap_or(0)
}
