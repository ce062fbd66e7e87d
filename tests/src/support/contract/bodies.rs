//! Bodies that are no job.

use super::{Place, answered, job};
use crate::outcome::{Outcome, ensure};
use serde_json::{Value, json};
use ureq::http::Method;

pub(super) fn bad_bodies_are_refused(place: Place<'_>) -> Outcome {
    for text in ["", "{", "nonsense", "{\"job_type\": }"] {
        let reply = place.api.raw(&place.user.token, Method::POST, "/job/create", text)?;
        answered(&format!("create of `{text}`"), 400, &reply)?;
    }
    for (body, field) in wrong() {
        let answer = place.wants(422, (Method::POST, "/job/create"), &body)?;
        ensure(answer["errors"][field].is_string(), || {
            format!("create of {body} does not blame `{field}`: {answer}")
        })?;
    }
    let none = place.ok(Method::GET, "/jobs", &Value::Null)?;
    ensure(none == json!([]), || format!("a refused create left {none}"))
}

/// Bodies, and the field that each has to be blamed for.
fn wrong() -> Vec<(Value, &'static str)> {
    let with = |own: Value| job(&own);
    let mut without_text = with(json!({}));
    without_text.as_object_mut().map(|fields| fields.remove("text"));
    vec![
        (json!([]), ""),
        (json!({"sleep_time": 60, "text": "a"}), "/job_type"),
        (with(json!({"job_type": "no_such_type"})), "/job_type"),
        (with(json!({"job_type": 1})), "/job_type"),
        (json!({"job_type": "contract_job", "text": "a"}), "/sleep_time"),
        (with(json!({"sleep_time": 0})), "/sleep_time"),
        (with(json!({"sleep_time": -60})), "/sleep_time"),
        (with(json!({"sleep_time": 1.5})), "/sleep_time"),
        (with(json!({"sleep_time": "60"})), "/sleep_time"),
        (with(json!({"sleep_time": null})), "/sleep_time"),
        (with(json!({"sleep_time": 31_536_001})), "/sleep_time"),
        (without_text, "/text"),
        (with(json!({"text": 7})), "/text"),
        (with(json!({"number": "seven"})), "/number"),
        (with(json!({"number": 1.5})), "/number"),
        (with(json!({"tree": "a text"})), "/tree"),
        (with(json!({"link": "not a link"})), "/link"),
        (with(json!({"nobody_knows": 1})), "/nobody_knows"),
    ]
}
