//! API Gateway's HTTP API event (payload format 2.0) and the answer to it.
//!
//! Read: the claims of the checked token, path parameters, `If-Match`, the body. Deliberately not read:
//! `rawPath`, which carries the stage on AWS and lacks it elsewhere.

use super::{Answer, Caller, Query, Route};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The header that says where the next page of a list begins.
pub const NEXT_CURSOR: &str = "x-next-cursor";

/// A request, as far as the API needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is asked; `None`: a route that is none of the API's.
    pub route: Option<Route>,
    /// Who calls; `None`: the claims are missing.
    pub caller: Option<Caller>,
    /// The path's `job_id`; empty where the route has none.
    pub job_id: String,
    /// Which part of a list.
    pub query: Query,
    /// The header `If-Match`.
    pub if_match: Option<String>,
    /// The body's bytes; `None` where there is none or its base64 is broken.
    pub body: Option<Vec<u8>>,
}

/// A response in payload format 2.0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    status_code: u16,
    headers: BTreeMap<&'static str, String>,
    body: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(default)]
    route_key: String,
    /// Names in small letters.
    headers: Option<BTreeMap<String, String>>,
    query_string_parameters: Option<BTreeMap<String, String>>,
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
    let body = bytes(&event);
    let claims = event.request_context.authorizer.and_then(|a| a.jwt);
    let claims = claims.and_then(|jwt| jwt.claims);
    let mut parameters = event.path_parameters.unwrap_or_default();
    let mut query = event.query_string_parameters.unwrap_or_default();
    Ok(Request {
        route: Route::of(&event.route_key),
        query: Query {
            limit: query.remove("limit"),
            cursor: query.remove("cursor"),
            paused: query.remove("paused"),
        },
        if_match: event.headers.and_then(|mut headers| headers.remove("if-match")),
        caller: claims.as_ref().and_then(Caller::of),
        job_id: parameters.remove("job_id").unwrap_or_default(),
        body,
    })
}

fn bytes(event: &Event) -> Option<Vec<u8>> {
    let body = event.body.as_deref()?;
    match event.is_base64_encoded {
        true => STANDARD.decode(body).ok(),
        false => Some(body.as_bytes().to_vec()),
    }
}

impl From<Answer> for Response {
    fn from(answer: Answer) -> Self {
        let json = ("content-type", "application/json".to_owned());
        let cursor = answer.next_cursor.map(|cursor| (NEXT_CURSOR, cursor));
        let etag = answer.etag.map(|etag| ("etag", etag));
        Self {
            status_code: answer.status,
            headers: std::iter::once(json).chain(cursor).chain(etag).collect(),
            body: answer.body.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ApiError;
    use super::*;
    use serde_json::json;

    fn http_event(body: Value, claims: Value) -> String {
        let mut event = json!({"version": "2.0", "routeKey": "PUT /job/update/{job_id}",
        "rawPath": "/v1/job/update/7", "pathParameters": {"job_id": "7"}});
        event["requestContext"] =
            json!({"authorizer": {"jwt": {"claims": claims, "scopes": null}}});
        event.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        event.to_string()
    }

    #[test]
    fn a_gateway_event_is_read() {
        let claims = json!({"cognito:username": "u", "email": "u@example.com", "exp": 1});
        let plain = http_event(json!({"body": "{}", "isBase64Encoded": false}), claims.clone());
        let caller = Caller { user_id: "u".to_owned(), user_email: "u@example.com".to_owned() };
        let request = parse(plain.as_bytes()).unwrap();
        assert_eq!(request.caller, Some(caller));
        assert_eq!((request.job_id.as_str(), request.body.as_deref()), ("7", Some(&b"{}"[..])));
        assert_eq!(request.if_match, None);
        let conditional = http_event(json!({"headers": {"if-match": "\"3\""}}), claims.clone());
        let request = parse(conditional.as_bytes()).unwrap();
        assert_eq!(request.if_match.as_deref(), Some("\"3\""));
        let encoded = http_event(json!({"body": "e30=", "isBase64Encoded": true}), claims.clone());
        assert_eq!(parse(encoded.as_bytes()).unwrap().body, Some(b"{}".to_vec()));
        let broken = http_event(json!({"body": "?", "isBase64Encoded": true}), claims);
        assert_eq!(parse(broken.as_bytes()).unwrap().body, None);
    }

    #[test]
    fn a_caller_without_both_claims_is_nobody() {
        for claims in [
            json!({}),
            json!(null),
            json!({"email": "u@example.com"}),
            json!({"cognito:username": "u"}),
            json!({"cognito:username": "", "email": "u@example.com"}),
            json!({"cognito:username": 1, "email": "e"}),
        ] {
            let event = http_event(json!({}), claims);
            assert_eq!(parse(event.as_bytes()).unwrap().caller, None);
        }
        assert_eq!(parse(b"{}").unwrap().caller, None);
        assert!(parse(b"[1]").is_err());
    }

    #[test]
    fn an_answer_is_json_for_the_gateway() {
        let response = Response::from(ApiError::NotFound.answer());
        let wanted = json!({"statusCode": 404, "headers": {"content-type": "application/json"},
        "body": r#"{"message":"there is no such job"}"#});
        assert_eq!(serde_json::to_value(response).unwrap(), wanted);
    }
}
