//! `GET /jobs`, `GET /job/{job_id}` and `GET /job_types`

use super::answer::{self, Answer, ApiError};
use super::claims::Ask;
use super::query::Page;
use super::update::key_of;
use crate::job_types::JobTypes;
use crate::ports::{Failure, Item, JobStore, RunLog};
use serde_json::Value;

/// All jobs of the caller, or a page of them, ordered by id; also those whose type is no longer
/// known.
///
/// # Errors
/// A query that asks for no page, or a failure of the store.
pub async fn list<S: JobStore, R: RunLog>(
    store: &S,
    runs: &R,
    ask: Ask<'_>,
) -> Result<Answer, ApiError> {
    let user_id = &ask.caller.user_id;
    let Some(page) = ask.query.page()? else {
        let items = store.list(user_id).await?;
        return Ok(answer::ok(Value::Array(shown(runs, ask, items).await?)));
    };
    let (items, next_cursor) = one_page(store, user_id, page).await?;
    let jobs = Value::Array(shown(runs, ask, items).await?);
    Ok(Answer { next_cursor, ..answer::ok(jobs) })
}

/// One more than asked for tells whether there is a next page.
async fn one_page(
    store: &impl JobStore,
    user_id: &str,
    Page { after, limit }: Page,
) -> Result<(Vec<Item>, Option<String>), Failure> {
    let mut items = store.page(user_id, after, limit + 1).await?;
    let is_last = items.len() <= limit;
    items.truncate(limit);
    let last = items.last().and_then(job_id);
    Ok((items, last.filter(|_| !is_last).map(|id| id.to_string())))
}

async fn shown(runs: &impl RunLog, ask: Ask<'_>, items: Vec<Item>) -> Result<Vec<Value>, Failure> {
    let ids: Vec<u64> = items.iter().filter_map(job_id).collect();
    let mut latest = runs.latest(&ask.caller.user_id, &ids).await?;
    let jobs = items.into_iter().map(|item| {
        let run = job_id(&item).and_then(|id| latest.remove(&id));
        answer::job_and_run(item, run, ask.now)
    });
    Ok(jobs.collect())
}

fn job_id(item: &Item) -> Option<u64> {
    item.get("job_id").and_then(Value::as_u64)
}

/// One job of the caller.
///
/// # Errors
/// Where the caller has no such job, or a failure of the store.
pub async fn get<S: JobStore, R: RunLog>(
    store: &S,
    runs: &R,
    ask: Ask<'_>,
) -> Result<Answer, ApiError> {
    let item = store.read(&key_of(ask)?).await?.ok_or(ApiError::NotFound)?;
    let mut jobs = shown(runs, ask, vec![item]).await?;
    jobs.pop().map(answer::shown).ok_or(ApiError::NotFound)
}

/// Every job type with the schema of its jobs.
#[must_use]
pub fn job_types(types: &JobTypes) -> Answer {
    answer::ok(Value::Object(types.document().clone()))
}
