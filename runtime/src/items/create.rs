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

/// Creates a job and answers it whole.
///
/// # Errors
/// What the caller did wrong, or a failure of the store.
pub async fn create<S: JobStore>(
    store: &S,
    types: &JobTypes,
    ask: Ask<'_>,
) -> Result<Answer, ApiError> {
    let body = body::read(ask.body)?;
    let tick = judge(types, ask.caller, Proposal { body, job_id: 0 })?;
    let mut job = new_job(tick, ask.now);
    for _ in 0..TRIES {
        job.job_id = ids::claim(store, &job.user_id).await?;
        if store.insert(&job).await? == Written::Done {
            return Ok(answer::ok(answer::job(job.to_map(), ask.now)));
        }
    }
    Err(Failure::new("place a new job", "every id of the counter is taken").into())
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
