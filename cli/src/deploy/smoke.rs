//! After a change: does the API answer, and do code and role of a core function work?
//!
//! `GET /jobs` without a token has to be 401; the function `items-job-types`, invoked past the API,
//! has to answer exactly the expected job types.

use super::error::{CallError, CallFailure, DeployError};
use super::ports::{Call, Invocation, Probe};
use super::release::Release;
use super::session::{Pauses, Session};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// Checks both until they answer as they should.
///
/// # Errors
/// What was expected and what came instead, after the deadline.
pub async fn smoke(
    cloud: &impl Probe,
    release: &Release,
    outputs: &BTreeMap<String, String>,
    session: &Session<'_>,
) -> Result<(), DeployError> {
    let function = types_function(&release.stack);
    let expected = &release.job_types;
    let payload = event().to_string().into_bytes();
    until(session, release, async || {
        let answer = cloud.invoke(&function, payload.clone()).await;
        lasting(judge_types(&function, expected, passing(answer)?))
    })
    .await?;
    let Some(api) = outputs.get("ApiUrl") else { return Ok(()) };
    let url = format!("{api}/jobs");
    until(session, release, async || lasting(judge_status(&url, cloud.get_status(&url).await)))
        .await?;
    session.tell(&format!("`{api}` answers"));
    Ok(())
}

fn types_function(stack: &str) -> String {
    format!("{stack}-items-job-types")
}

/// Asks until the answer is right; at the deadline the last complaint is the error.
async fn until(
    session: &Session<'_>,
    release: &Release,
    mut attempt: impl AsyncFnMut() -> Result<(), Complaint>,
) -> Result<(), DeployError> {
    let deadline = Instant::now() + session.pace.smoke;
    let mut pauses: Pauses = session.pauses();
    loop {
        let what = match attempt().await {
            Ok(()) => return Ok(()),
            Err(Complaint::Again(what)) => what,
            Err(Complaint::Final(error)) => return Err(error.into()),
        };
        if Instant::now() >= deadline {
            return Err(DeployError::Smoke { stack: release.stack.clone(), what });
        }
        pauses.pause().await;
    }
}

/// What an attempt complains of.
enum Complaint {
    /// It may be right a moment later.
    Again(String),
    /// It will not.
    Final(CallError),
}

fn lasting(verdict: Result<(), String>) -> Result<(), Complaint> {
    verdict.map_err(Complaint::Again)
}

/// Waiting gives nobody a permission.
fn passing<T>(answer: Call<T>) -> Result<Call<T>, Complaint> {
    match answer {
        Err(error) if matches!(error.why, CallFailure::Denied(_)) => Err(Complaint::Final(error)),
        other => Ok(other),
    }
}

fn judge_status(url: &str, answer: Call<u16>) -> Result<(), String> {
    match answer {
        Ok(401) => Ok(()),
        Ok(status) => Err(format!("`GET {url}` without a token answers {status}, not 401")),
        Err(error) => Err(error.to_string()),
    }
}

fn judge_types(
    function: &str,
    expected: &BTreeSet<String>,
    answer: Call<Invocation>,
) -> Result<(), String> {
    let Invocation { body, error } = answer.map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&body);
    if let Some(error) = error {
        return Err(format!("function `{function}` fails: {error}: {text}"));
    }
    match job_types(&body) {
        Some(actual) if actual == *expected => Ok(()),
        Some(actual) => Err(format!(
            "function `{function}` answers the job types {}, not {}",
            names(&actual),
            names(expected)
        )),
        None => Err(format!("function `{function}` answers {text}")),
    }
}

fn names(types: &BTreeSet<String>) -> String {
    let quoted: Vec<String> = types.iter().map(|name| format!("`{name}`")).collect();
    if quoted.is_empty() { "(none)".into() } else { quoted.join(", ") }
}

/// Job type -> schema, as a deployed env answers it; `None` where it does not.
pub async fn deployed_types(probe: &impl Probe, stack: &str) -> Option<Map<String, Value>> {
    told_types(probe, stack).await.ok()
}

/// As [`deployed_types`], with why an env does not answer them.
///
/// # Errors
/// The call's, and what the function says in place of its answer.
pub async fn told_types(probe: &impl Probe, stack: &str) -> Call<Map<String, Value>> {
    let function = types_function(stack);
    let Invocation { body, error } =
        probe.invoke(&function, event().to_string().into_bytes()).await?;
    match document(&body).filter(|_| error.is_none()) {
        Some(types) => Ok(types),
        None => Err(CallError {
            action: "lambda:InvokeFunction",
            resource: function,
            why: CallFailure::Other {
                code: error.unwrap_or_else(|| "no job types".to_owned()),
                message: format!("it answered {}", String::from_utf8_lossy(&body)),
            },
            arn: Box::default(),
            detail: Box::default(),
        }),
    }
}

/// The keys of the body of an HTTP API's answer with status 200.
fn job_types(payload: &[u8]) -> Option<BTreeSet<String>> {
    Some(document(payload)?.keys().cloned().collect())
}

fn document(payload: &[u8]) -> Option<Map<String, Value>> {
    let answer: Value = serde_json::from_slice(payload).ok()?;
    if answer.get("statusCode")?.as_u64()? != 200 {
        return None;
    }
    serde_json::from_str(answer.get("body")?.as_str()?).ok()
}

/// An HTTP API event (payload format 2.0) as small as one can be.
fn event() -> Value {
    json!({
        "version": "2.0",
        "routeKey": "GET /job_types",
        "rawPath": "/v1/job_types",
        "rawQueryString": "",
        "headers": {},
        "isBase64Encoded": false,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "smoke",
            "domainName": "smoke.invalid",
            "domainPrefix": "smoke",
            "http": {
                "method": "GET",
                "path": "/v1/job_types",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "scheduler deploy"
            },
            "authorizer": { "jwt": {
                "claims": { "cognito:username": "smoke", "email": "smoke@example.com" },
                "scopes": null
            } },
            "requestId": "smoke",
            "routeKey": "GET /job_types",
            "stage": "v1",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1_767_225_600_000_u64
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Call<Invocation> {
        Ok(Invocation { body: body.as_bytes().to_vec(), error: None })
    }

    fn expected() -> BTreeSet<String> {
        ["ping".to_owned()].into()
    }

    #[test]
    fn the_right_job_types_pass() {
        let good = r#"{"statusCode": 200, "body": "{\"ping\": {}}"}"#;
        assert_eq!(judge_types("f", &expected(), answer(good)), Ok(()));
    }

    #[test]
    fn other_job_types_are_named() {
        let bad = r#"{"statusCode": 200, "body": "{}"}"#;
        assert_eq!(
            judge_types("f", &expected(), answer(bad)),
            Err("function `f` answers the job types (none), not `ping`".into())
        );
    }

    #[test]
    fn a_failing_function_shows_its_words() {
        let failed = Invocation { body: b"no bootstrap".to_vec(), error: Some("Unhandled".into()) };
        assert_eq!(
            judge_types("f", &expected(), Ok(failed)),
            Err("function `f` fails: Unhandled: no bootstrap".into())
        );
    }

    struct Answers(Call<Invocation>);

    impl Probe for Answers {
        async fn get_status(&self, _url: &str) -> Call<u16> {
            Ok(401)
        }

        async fn invoke(&self, _function: &str, _payload: Vec<u8>) -> Call<Invocation> {
            self.0.clone()
        }
    }

    #[tokio::test]
    async fn job_types_that_cannot_be_learnt_are_no_empty_list() {
        let denied = CallError {
            action: "lambda:InvokeFunction",
            resource: "svc-dev-items-job-types".to_owned(),
            why: CallFailure::Denied("no".to_owned()),
            arn: Box::default(),
            detail: Box::default(),
        };
        let told = told_types(&Answers(Err(denied.clone())), "svc-dev").await;
        assert_eq!(told, Err(denied));
        let failed = Invocation { body: b"no bootstrap".to_vec(), error: Some("Unhandled".into()) };
        let told = told_types(&Answers(Ok(failed)), "svc-dev").await.unwrap_err();
        let wanted = "`lambda:InvokeFunction` on `svc-dev-items-job-types` failed: \
                      it answered no bootstrap (Unhandled)";
        assert_eq!(told.to_string(), wanted);
        let good = answer(r#"{"statusCode": 200, "body": "{\"ping\": {}}"}"#);
        assert!(told_types(&Answers(good), "svc-dev").await.unwrap().contains_key("ping"));
    }

    #[test]
    fn an_open_api_is_not_taken_for_a_working_one() {
        assert_eq!(
            judge_status("https://x/v1/jobs", Ok(200)),
            Err("`GET https://x/v1/jobs` without a token answers 200, not 401".into())
        );
        assert_eq!(judge_status("https://x/v1/jobs", Ok(401)), Ok(()));
    }
}
