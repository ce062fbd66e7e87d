//! The REST API's contract from outside: every route, status and body. One suite for every place
//! where the system runs; it knows nothing of how it is run.
//!
//! In: an API, two users who have no jobs there, the job type of [`TYPE`], and [`LIMIT`]. Out:
//! nothing is left of the first user's jobs.

mod bodies;
mod life;
mod limits;
mod others;
mod pages;
mod sites;

use super::api::Api;
use super::http::Reply;
use crate::outcome::{Outcome, ensure, fail};
use serde_json::{Value, json};
use ureq::http::Method;

/// What `scheduler.toml` has to say for the suite: a type with a text, a whole number, a link, and
/// any tree.
pub const TYPE: &str = r#"
[job_types.contract_job]
title = "A job of the contract"

[job_types.contract_job.schema]
required = ["text"]

[job_types.contract_job.schema.properties]
text = { type = "string", maxLength = 200000 }
number = { type = "integer" }
tree = { type = ["object", "array", "null"] }
link = { type = "string", format = "uri" }
"#;

/// What the env has to say for the suite: how many jobs a user may have.
pub const LIMIT: &str = "max_jobs_per_user = 20\n";

/// A user of the place.
#[derive(Debug, Clone)]
pub struct Who {
    /// The address that the token carries.
    pub email: String,
    /// The token; empty where the place asks for none.
    pub token: String,
}

/// A place to hold against the contract.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Its API.
    pub api: &'a Api,
    /// Who calls.
    pub user: &'a Who,
    /// Somebody else, where the place tells callers apart.
    pub other: Option<&'a Who>,
    /// Whether past runs are recorded there.
    pub records_runs: bool,
}

/// Holds a place against the contract.
///
/// # Errors
/// The first answer that is not as the contract says.
pub fn holds(place: Place<'_>) -> Outcome {
    life::types_are_told(place)?;
    if place.other.is_some() {
        others::nobody_is_answered(place)?;
    }
    bodies::bad_bodies_are_refused(place)?;
    life::a_job_lives_and_dies(place)?;
    life::a_job_is_paused_and_run(place)?;
    life::a_change_on_condition(place)?;
    life::values_survive(place)?;
    if let Some(other) = place.other {
        others::other_users_see_nothing(place, other)?;
    }
    pages::creates_at_once_and_pages(place)?;
    limits::a_body_is_not_too_large(place)?;
    limits::a_user_has_no_more_jobs_than_the_env_says(place)?;
    sites::a_page_of_another_site_may_call(place)
}

/// Every route: method, path of a job 0, and whether it takes a body.
pub(crate) const ROUTES: &[(Method, &str)] = &[
    (Method::GET, "/job_types"),
    (Method::GET, "/jobs"),
    (Method::POST, "/job/create"),
    (Method::PUT, "/job/update/0"),
    (Method::DELETE, "/job/delete/0"),
    (Method::GET, "/job/0"),
    (Method::POST, "/job/0/pause"),
    (Method::POST, "/job/0/resume"),
    (Method::POST, "/job/0/run"),
    (Method::GET, "/job/0/runs"),
];

impl Place<'_> {
    fn call(&self, method: Method, path: &str, body: &Value) -> Outcome<Reply> {
        self.api.call(&self.user.token, method, path, body)
    }

    fn ok(&self, method: Method, path: &str, body: &Value) -> Outcome<Value> {
        self.api.ok(&self.user.token, method, path, body)
    }

    fn on_condition(&self, if_match: &str, route: (Method, &str), body: &Value) -> Outcome<Reply> {
        self.api.call_with(&[("If-Match", if_match)], &self.user.token, route, body)
    }

    fn create(&self, own: &Value) -> Outcome<Value> {
        self.api.create(&self.user.token, &job(own))
    }

    fn delete(&self, job: &Value) -> Outcome {
        self.ok(Method::DELETE, &format!("/job/delete/{}", job["job_id"]), &Value::Null)?;
        Ok(())
    }

    fn wants(&self, status: u16, (method, path): (Method, &str), body: &Value) -> Outcome<Value> {
        let told = format!("{method} {path} {body}");
        let reply = self.call(method, path, body)?;
        answered(&told, status, &reply)
    }
}

/// A job of the suite's type: a day apart, so that nothing of it fires a second time.
fn job(own: &Value) -> Value {
    let mut job = json!({"job_type": "contract_job", "sleep_time": 86_400, "text": "a"});
    if let (Some(job), Some(own)) = (job.as_object_mut(), own.as_object()) {
        job.extend(own.clone());
    }
    job
}

/// An answer with this status and a JSON body; a refusal carries a message.
fn answered(told: &str, status: u16, reply: &Reply) -> Outcome<Value> {
    ensure(reply.status == status, || {
        format!("{told} answered {} in place of {status}: {}", reply.status, reply.body)
    })?;
    let body = reply.json()?;
    let is_told = status == 200 || body["message"].is_string();
    match is_told {
        true => Ok(body),
        false => fail(format!("{told} gives no message: {}", reply.body)),
    }
}
