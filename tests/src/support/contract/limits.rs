//! How large a body may be, and how many jobs a user may have.

use super::{LIMIT, Place, job};
use crate::outcome::{Outcome, ensure, fail};
use serde_json::{Value, json};
use ureq::http::Method;

/// More than API Gateway takes (10 MB; HTTP API quotas).
const TOO_LARGE: usize = 11 << 20;

pub(super) fn a_body_is_not_too_large(place: Place<'_>) -> Outcome {
    let large = job(&json!({"text": "x".repeat(TOO_LARGE)})).to_string();
    let reply = place.api.raw(&place.user.token, Method::POST, "/job/create", &large)?;
    super::answered("create with a body that is too large", 413, &reply)?;
    let none = place.ok(Method::GET, "/jobs", &Value::Null)?;
    ensure(none == json!([]), || format!("a refused create left {none}"))
}

pub(super) fn a_user_has_no_more_jobs_than_the_env_says(place: Place<'_>) -> Outcome {
    let limit = LIMIT.split(" = ").nth(1).and_then(|limit| limit.trim().parse::<usize>().ok());
    let Some(limit) = limit else { return fail("the limit is no number") };
    let mut made = Vec::new();
    for _ in 0..limit {
        made.push(place.create(&json!({}))?);
    }
    let create = (Method::POST, "/job/create");
    let told = place.wants(403, create.clone(), &job(&json!({})))?;
    let says = format!("you have {limit} jobs");
    ensure(told["message"].to_string().contains(&says), || format!("{told}"))?;
    let last = made.pop().unwrap_or_default();
    place.delete(&last)?;
    made.push(place.create(&json!({}))?);
    place.wants(403, create, &job(&json!({})))?;
    made.iter().try_for_each(|job| place.delete(job))
}
