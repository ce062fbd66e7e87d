//! `DELETE /job/delete/{job_id}`

use super::answer::{self, Answer, ApiError};
use super::claims::Ask;
use super::update::key_of;
use crate::ports::JobStore;

/// Removes a job and answers it as it last was; its `next_run` is null.
///
/// # Errors
/// Where the caller has no such job, or the store fails.
pub async fn remove<S: JobStore>(store: &S, ask: Ask<'_>) -> Result<Answer, ApiError> {
    let key = key_of(ask)?;
    let removed = store.remove(&key).await?.ok_or(ApiError::NotFound)?;
    Ok(answer::ok(answer::removed(removed, ask.now)))
}
