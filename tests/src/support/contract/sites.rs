//! Calls from pages in a browser: what a preflight allows, and what a page may read.

use super::{Place, job};
use crate::outcome::{Outcome, ensure};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use ureq::http::Method;

/// A page that every place lets call.
const ORIGIN: &str = "http://localhost:5173";

const ALLOWED: [&str; 8] = [
    "authorization",
    "content-type",
    "if-match",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-user-agent",
    "x-amzn-trace-id",
    "x-api-key",
];

pub(super) fn a_page_of_another_site_may_call(place: Place<'_>) -> Outcome {
    for (method, path) in super::ROUTES {
        let asked = [
            ("Origin", ORIGIN),
            ("Access-Control-Request-Method", method.as_str()),
            ("Access-Control-Request-Headers", "authorization,content-type,if-match"),
        ];
        // A browser asks without a token.
        let reply = place.api.call_with(&asked, "", (Method::OPTIONS, path), &Value::Null)?;
        let told = || format!("the preflight of {method} {path}: {reply:?}");
        ensure(matches!(reply.status, 200 | 204) && lets_in(reply.header(ALLOW_ORIGIN)), told)?;
        let methods = listed(reply.header("access-control-allow-methods"));
        ensure(methods == set(&["delete", "get", "options", "post", "put"]), told)?;
        let headers = listed(reply.header("access-control-allow-headers"));
        ensure(headers == set(&ALLOWED), told)?;
        ensure(reply.header("access-control-max-age") == "300", told)?;
        ensure(reply.header("access-control-allow-credentials").is_empty(), told)?;
    }
    let made = place.create(&json!({}))?;
    let path = format!("/job/update/{}", made["job_id"]);
    let headers = [("Origin", ORIGIN), ("If-Match", "*")];
    let (token, route) = (&place.user.token, (Method::PUT, path.as_str()));
    let reply = place.api.call_with(&headers, token, route, &job(&json!({})))?;
    let told = || format!("a page's update: {reply:?}");
    ensure(reply.status == 200 && lets_in(reply.header(ALLOW_ORIGIN)), told)?;
    let exposed = listed(reply.header("access-control-expose-headers"));
    ensure(exposed == set(&["etag", "x-next-cursor"]), told)?;
    place.delete(&made)
}

const ALLOW_ORIGIN: &str = "access-control-allow-origin";

fn lets_in(origin: &str) -> bool {
    ["*", ORIGIN].contains(&origin)
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn listed(header: &str) -> BTreeSet<String> {
    header.split(',').map(|name| name.trim().to_ascii_lowercase()).collect()
}
