//! The plugin `webhook`, wherever it runs: what a server gets, and where it does not call.

use super::api::Api;
use super::aws::percent;
use super::page::{Page, Posted};
use super::poll;
use crate::outcome::{Outcome, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac::{HMAC_SHA256, Key, verify};
use serde_json::{Value, json};
use std::time::Duration;
use ureq::http::Method;

/// What calls are signed with in these tests, as `SIGNING_KEY` has it.
#[must_use]
pub fn secret() -> String {
    format!("whsec_{}", STANDARD.encode(SECRET))
}

const SECRET: &[u8] = b"thirty-two bytes of pure secret!";
/// Addresses of somebody's inner network, and of a cloud's metadata.
const INNER: [&str; 3] = ["http://169.254.169.254/latest", "http://10.0.0.1/", "http://[fd00::1]/"];

/// A call that is made as its job says, and is signed; one whose status is not expected; calls that
/// are not made. `said` is what the function has said so far.
///
/// # Errors
/// What is otherwise.
pub fn works(api: &Api, token: &str, said: impl Fn() -> Outcome<String>) -> Outcome {
    let server = Page::serve("")?;
    let body = "{\"grün\": 1.5}\n";
    let own = json!({"url": format!("{}201", server.url()), "method": "POST", "body": body,
        "headers": {"X-Mine": "yes"}, "expected_status": [201, 202]});
    let job = run(api, token, &own)?;
    let seen = Duration::from_secs(90);
    let call = poll::until("the call", seen, || Ok(server.requests().first().cloned()))?;
    let id = call.header("webhook-id").to_owned();
    // All but letters, digits, `-` and `_` is escaped.
    let user = percent(job["user_id"].as_str().unwrap_or_default()).replace('.', "%2E");
    let begin = format!("{user}-{}-", job["job_id"]);
    ensure(call.body == body && call.header("x-mine") == "yes", || format!("{call:?}"))?;
    ensure(call.path() == "/201" && id.starts_with(&begin), || format!("{call:?}"))?;
    is_signed(&call)?;

    let own = json!({"url": format!("{}503", server.url()), "method": "POST"});
    run(api, token, &own)?;
    poll::until_true("a status that is not expected to be told", seen, || {
        Ok(said()?.contains("unexpected status"))
    })?;
    for (nth, url) in INNER.iter().enumerate() {
        run(api, token, &json!({ "url": url }))?;
        poll::until_true(&format!("{url} to be refused"), seen, || {
            Ok(said()?.matches("not called").count() > nth)
        })?;
    }
    ensure(server.visits() == 0, || "somebody else called".to_owned())
}

/// Makes a job that is due in a day, and runs it.
fn run(api: &Api, token: &str, own: &Value) -> Outcome<Value> {
    let mut job = json!({"job_type": "webhook_job", "sleep_time": 86_400});
    if let (Some(job), Some(own)) = (job.as_object_mut(), own.as_object()) {
        job.extend(own.clone());
    }
    let job = api.ok(token, Method::POST, "/job/create?paused=true", &job)?;
    let path = format!("/job/{}/run", job["job_id"]);
    api.ok(token, Method::POST, &path, &Value::Null)?;
    Ok(job)
}

/// As a receiver checks it, by the specification of Standard Webhooks.
fn is_signed(call: &Posted) -> Outcome {
    let [id, timestamp, signature] =
        ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| call.header(name));
    let signature = STANDARD.decode(signature.trim_start_matches("v1,"))?;
    let content = format!("{id}.{timestamp}.{}", call.body);
    let key = Key::new(HMAC_SHA256, SECRET);
    let genuine = verify(&key, content.as_bytes(), &signature).is_ok();
    ensure(genuine, || format!("the signature is not genuine: {call:?}"))
}
