//! `POST /job/{job_id}/run` and `GET /job/{job_id}/runs`

use super::answer::{self, Answer, ApiError};
use super::claims::Ask;
use super::update::key_of;
use crate::job_types::JobTypes;
use crate::ports::{Distribution, Failure, JobReader, RunLog};
use scheduler_contract::ScheduledJob;
use serde_json::Value;

/// Runs of one answer where the query does not say.
const RUNS: usize = 100;

/// One run now, besides the job's schedule, also of a job that is paused.
///
/// # Errors
/// Where the caller has no such job, nobody knows its type, or a port fails.
pub async fn run<S: JobReader, D: Distribution>(
    store: &S,
    types: &JobTypes,
    distribution: &D,
    ask: Ask<'_>,
) -> Result<Answer, ApiError> {
    let stored = store.read(&key_of(ask)?).await?.ok_or(ApiError::NotFound)?;
    let job = ScheduledJob::from_map(stored)
        .map_err(|error| Failure::new("read a job that was stored", error.to_string()))?;
    if !types.contains(&job.job_type) {
        let problem = format!("no plugin defines `{}` any more", job.job_type);
        return Err(ApiError::field("/job_type", problem));
    }
    distribution.publish(&job, ask.now).await?;
    Ok(answer::one(job.to_map(), ask.now))
}

/// A job's past runs, newest first.
///
/// # Errors
/// Where the caller has no such job, this deployment records no runs, or a port fails.
pub async fn runs<S: JobReader, R: RunLog>(
    store: &S,
    runs: &R,
    ask: Ask<'_>,
) -> Result<Answer, ApiError> {
    let key = key_of(ask)?;
    let limit = ask.query.limit_or(RUNS)?;
    store.read(&key).await?.ok_or(ApiError::NotFound)?;
    let runs = runs.runs(&key, limit).await?.ok_or(ApiError::NoRuns)?;
    Ok(answer::ok(runs.into_iter().map(Value::Object).collect()))
}
