//! `POST /job/create`

use super::answer::{self, Answer, ApiError};
use super::claims::Ask;
use super::judge::{Proposal, judge};
use super::{body, ids};
use crate::job_types::JobTypes;
use crate::ports::{Failure, JobStore, Written};
use scheduler_contract::{ScheduledJob, Tick};

/// A place is only taken where ids were given out behind the counter's back.
const TRIES: usize = 16;

/// What a create needs to know.
#[derive(Debug, Clone)]
pub struct Creation {
    /// The known job types.
    pub types: JobTypes,
    /// How many jobs a user may have; `None`: any number. One that has more keeps them.
    pub max_jobs: Option<u64>,
}

/// Creates a job and answers it whole; with `?paused=true` one that has no run before its resume.
///
/// # Errors
/// What the caller did wrong, or a failure of the store.
pub async fn create<S: JobStore>(
    store: &S,
    creation: &Creation,
    ask: Ask<'_>,
) -> Result<Answer, ApiError> {
    let enabled = !ask.query.paused()?;
    let body = body::read(ask.body)?;
    let tick = judge(&creation.types, ask.caller, Proposal { body, job_id: 0 })?;
    let mut job = ScheduledJob { enabled, ..new_job(tick, ask.now) };
    for _ in 0..TRIES {
        job.job_id = ids::claim(store, &job.user_id).await?;
        has_room(store, &job, creation.max_jobs).await?;
        if store.insert(&job).await? == Written::Done {
            return Ok(answer::one(job.to_map(), ask.now));
        }
    }
    Err(Failure::new("place a new job", "every id of the counter is taken").into())
}

/// Whether the user may have one more. Ids count up from 0, so there are no more jobs than the id
/// says; only above the limit they have to be counted. Creates at the same moment do not see each
/// other.
async fn has_room(
    store: &impl JobStore,
    job: &ScheduledJob,
    max_jobs: Option<u64>,
) -> Result<(), ApiError> {
    let Some(max) = max_jobs.filter(|max| job.job_id >= *max) else { return Ok(()) };
    let limit = usize::try_from(max).unwrap_or(usize::MAX);
    let jobs = store.page(&job.user_id, None, limit).await?;
    if jobs.len() < limit { Ok(()) } else { Err(ApiError::Full(max)) }
}

fn new_job(tick: Tick, now: i64) -> ScheduledJob {
    ScheduledJob {
        user_id: tick.user_id,
        user_email: tick.user_email,
        job_id: tick.job_id,
        job_type: tick.job_type,
        sleep_time: tick.sleep_time,
        enabled: true,
        rev: 1,
        anchor: Some(now),
        updated_at: Some(now),
        fields: tick.fields,
    }
}
