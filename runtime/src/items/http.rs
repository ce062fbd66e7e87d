//! API Gateway's HTTP API event (payload format 2.0) and the answer to it.
//!
//! Read: the claims of the checked token, path parameters, the body. Deliberately not read:
//! `rawPath`, which carries the stage on AWS and lacks it elsewhere.

use super::{Answer, Caller};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A request, as far as the API needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who calls; `None`: the claims are missing.
    pub caller: Option<Caller>,
    /// The path's `job_id`; empty where the route has none.
    pub job_id: String,
    /// The body's bytes; `None` where there is none or its base64 is broken.
    pub body: Option<Vec<u8>>,
}

/// A response in payload format 2.0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    status_code: u16,
    headers: BTreeMap<&'static str, &'static str>,
    body: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    path_parameters: Option<BTreeMap<String, String>>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
    #[serde(default)]
    request_context: RequestContext,
}

#[derive(Deserialize, Default)]
struct RequestContext {
    authorizer: Option<Authorizer>,
}

#[derive(Deserialize)]
struct Authorizer {
    jwt: Option<Jwt>,
}

#[derive(Deserialize)]
struct Jwt {
    claims: Option<Map<String, Value>>,
}

/// Reads an event.
///
/// # Errors
/// Where it is no HTTP API event.
pub fn parse(event: &[u8]) -> Result<Request, serde_json::Error> {
    let event: Event = serde_json::from_slice(event)?;
    let claims = event.request_context.authorizer.and_then(|a| a.jwt);
    let claims = claims.and_then(|jwt| jwt.claims);
    let mut parameters = event.path_parameters.unwrap_or_default();
    Ok(Request {
        caller: claims.as_ref().and_then(Caller::of),
        job_id: parameters.remove("job_id").unwrap_or_default(),
        body: bytes(event.body, event.is_base64_encoded),
    })
}

fn bytes(body: Option<String>, is_base64: bool) -> Option<Vec<u8>> {
    match body? {
        encoded if is_base64 => STANDARD.decode(encoded).ok(),
        text => Some(text.into_bytes()),
    }
}

impl From<Answer> for Response {
    fn from(answer: Answer) -> Self {
        Self {
            status_code: answer.status,
            headers: BTreeMap::from([("content-type", "application/json")]),
            body: answer.body.to_string(),
        }
    }
}
