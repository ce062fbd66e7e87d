//! `GET /jobs` and `GET /job_types`

use super::answer::{self, Answer, ApiError};
use super::claims::Ask;
use crate::job_types::JobTypes;
use crate::ports::JobStore;
use serde_json::Value;

/// All jobs of the caller, ordered by id; also those whose type is no longer known.
///
/// # Errors
/// A failure of the store.
pub async fn list<S: JobStore>(store: &S, ask: Ask<'_>) -> Result<Answer, ApiError> {
    let items = store.list(&ask.caller.user_id).await?;
    let jobs = items.into_iter().map(|item| answer::job(item, ask.now));
    Ok(answer::ok(jobs.collect()))
}

/// Every job type with the schema of its jobs.
#[must_use]
pub fn job_types(types: &JobTypes) -> Answer {
    answer::ok(Value::Object(types.document().clone()))
}
