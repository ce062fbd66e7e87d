//! Callers without a token, and somebody else's jobs.

use super::{Place, ROUTES, Who, job};
use crate::outcome::{Outcome, ensure};
use serde_json::{Value, json};
use ureq::http::Method;

pub(super) fn nobody_is_answered(place: Place<'_>) -> Outcome {
    for token in ["", "not.a.token", "a.b", "e30.e30.e30"] {
        for (method, path) in ROUTES {
            let reply = place.api.call(token, method.clone(), path, &Value::Null)?;
            ensure(reply.status == 401, || {
                format!("{method} {path} with token `{token}`: {} {}", reply.status, reply.body)
            })?;
        }
    }
    Ok(())
}

pub(super) fn other_users_see_nothing(place: Place<'_>, other: &Who) -> Outcome {
    let made = place.create(&json!({}))?;
    let id = &made["job_id"];
    let jobs = place.api.jobs(&other.token)?;
    ensure(jobs.is_empty(), || format!("another user sees {jobs:?}"))?;
    for (method, path, body) in [
        (Method::GET, format!("/job/{id}"), Value::Null),
        (Method::PUT, format!("/job/update/{id}"), job(&json!({}))),
        (Method::DELETE, format!("/job/delete/{id}"), Value::Null),
        (Method::POST, format!("/job/{id}/pause"), Value::Null),
        (Method::POST, format!("/job/{id}/resume"), Value::Null),
        (Method::POST, format!("/job/{id}/run"), Value::Null),
        (Method::GET, format!("/job/{id}/runs"), Value::Null),
    ] {
        let reply = place.api.call(&other.token, method.clone(), &path, &body)?;
        super::answered(&format!("{method} {path} by another user"), 404, &reply)?;
    }
    // Ids are counted for each user.
    let own = place.api.create(&other.token, &job(&json!({})))?;
    ensure(own["job_id"] == 0 && own["user_email"] == other.email.as_str(), || format!("{own}"))?;
    place.api.ok(&other.token, Method::DELETE, "/job/delete/0", &Value::Null)?;
    let still = place.ok(Method::GET, &format!("/job/{id}"), &Value::Null)?;
    ensure(still["rev"] == made["rev"], || format!("{made} became {still}"))?;
    place.delete(&made)
}
