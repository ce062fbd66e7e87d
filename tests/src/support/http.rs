//! Plain HTTP to loopback. Deliberately absent: TLS, proxies, redirects.

use crate::outcome::{Outcome, fail};
use serde_json::Value;
use std::time::Duration;
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

/// What a server answered; every status is an answer, none is an error.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body as text.
    pub body: String,
    /// The header `x-next-cursor`: where the next page begins.
    pub next_cursor: Option<String>,
    headers: HeaderMap,
}

impl Reply {
    /// A header; empty where there is none of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// A body that is none, with status and body.
    pub fn json(&self) -> Outcome<Value> {
        serde_json::from_str(&self.body)
            .or_else(|error| fail(format!("no JSON ({error}) in {}: {}", self.status, self.body)))
    }
}

/// Sends one request.
///
/// # Errors
/// No answer within a minute.
pub fn send(request: Request<String>) -> Outcome<Reply> {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(Duration::from_secs(60)))
        .build();
    let mut response = Agent::new_with_config(config).run(request)?;
    let headers = response.headers().clone();
    let cursor = headers.get("x-next-cursor");
    let next_cursor = cursor.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let status = response.status().as_u16();
    // Lists of many jobs are larger than what the client reads unasked.
    let body = response.body_mut().with_config().limit(256 << 20).read_to_string()?;
    Ok(Reply { status, body, next_cursor, headers })
}

/// Fetches a page.
///
/// # Errors
/// As [`send`].
pub fn get(url: &str) -> Outcome<Reply> {
    send(Request::get(url).body(String::new())?)
}
