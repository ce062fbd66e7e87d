//! What the API answers: a status and a JSON body.

use super::etag;
use crate::controller;
use crate::ports::{Failure, Item};
use scheduler_contract::{JobKey, Rate};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Wrong fields of a body: JSON pointer -> what is wrong.
pub(crate) type FieldErrors = BTreeMap<String, String>;

/// A status and a JSON body.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Value,
    /// Where the next page of a list begins.
    pub next_cursor: Option<String>,
    /// The ETag of the job that is answered.
    pub etag: Option<String>,
}

/// Why a request is not done as asked.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// 400
    #[error("the body is not readable JSON: {0}")]
    Unreadable(String),
    /// 400
    #[error("{0}")]
    Query(&'static str),
    /// 401
    #[error("the token lacks the claims `cognito:username` and `email`")]
    Unauthorized,
    /// 404
    #[error("there is no such job")]
    NotFound,
    /// 404: there is such a job, but nobody writes down its runs.
    #[error("this deployment records no runs; its functions' logs tell of them")]
    NoRuns,
    /// 409: lost against other writers again and again.
    #[error("the job is being changed by somebody else; try again")]
    Busy,
    /// 412
    #[error(
        "the job has changed since: it is at revision {0}, which your `If-Match` does not name"
    )]
    Changed(u64),
    /// 403
    #[error("you have {0} jobs, as many as this deployment allows; delete one to make room")]
    Full(u64),
    /// 422
    #[error("the job is not valid")]
    Invalid(BTreeMap<String, String>),
    /// 500: the cause is for the log only.
    #[error("something went wrong on the server; try again later")]
    Failed(#[from] Failure),
}

impl ApiError {
    /// One wrong field.
    pub(crate) fn field(pointer: &str, problem: impl Into<String>) -> Self {
        Self::Invalid(BTreeMap::from([(pointer.to_owned(), problem.into())]))
    }

    /// What the caller sees of it.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let mut body = json!({"message": self.to_string()});
        if let Self::Invalid(errors) = self {
            body["errors"] = errors.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
        }
        Answer { status: self.status(), ..ok(body) }
    }

    fn status(&self) -> u16 {
        match self {
            Self::Unreadable(_) | Self::Query(_) => 400,
            Self::Unauthorized => 401,
            Self::NotFound | Self::NoRuns => 404,
            Self::Full(_) => 403,
            Self::Busy => 409,
            Self::Changed(_) => 412,
            Self::Invalid(_) => 422,
            Self::Failed(_) => 500,
        }
    }
}

/// 200 with a body.
pub(crate) fn ok(body: Value) -> Answer {
    Answer { status: 200, body, next_cursor: None, etag: None }
}

/// 200 with one job that is there.
pub(crate) fn one(item: Item, now: i64) -> Answer {
    shown(job(item, now))
}

/// 200 with a job as the API shows it.
pub(crate) fn shown(job: Value) -> Answer {
    let etag = job.get("rev").and_then(Value::as_u64).map(etag::of);
    Answer { etag, ..ok(job) }
}

/// A job as the API shows it: the core fields, the type's own, and `enabled`, `rev`, `next_run`
/// (epoch seconds, null where nothing is due). The item is not judged: one that no plugin knows
/// any more is shown as well.
pub(crate) fn job(mut item: Item, now: i64) -> Value {
    let next_run = next_run(&item, now);
    for internal in ["anchor", "updated_at"] {
        item.remove(internal);
    }
    item.entry("enabled").or_insert(Value::Bool(true));
    item.entry("rev").or_insert_with(|| 0.into());
    item.insert("next_run".to_owned(), next_run.into());
    Value::Object(item)
}

/// A job with its latest run, where one is known.
pub(crate) fn job_and_run(item: Item, run: Option<Item>, now: i64) -> Value {
    let mut shown = job(item, now);
    if let Some(run) = run {
        shown["last_run"] = Value::Object(run);
    }
    shown
}

/// A job that is gone: never due again.
pub(crate) fn removed(item: Item, now: i64) -> Value {
    let mut shown = job(item, now);
    shown["next_run"] = Value::Null;
    shown
}

/// As its schedule counts it; `None` where nothing is due.
fn next_run(item: &Map<String, Value>, now: i64) -> Option<i64> {
    if item.get("enabled") == Some(&Value::Bool(false)) {
        return None;
    }
    let sleep_time = item.get("sleep_time").and_then(Value::as_u64)?;
    let rate = Rate::from_seconds(sleep_time).ok()?;
    let anchor = item.get("anchor").and_then(Value::as_i64);
    let key = JobKey {
        user_id: item.get("user_id").and_then(Value::as_str)?.to_owned(),
        job_id: item.get("job_id").and_then(Value::as_u64)?,
    };
    Some(controller::next_run(&key.schedule_name(), rate, (anchor, now)))
}
