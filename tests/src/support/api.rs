//! A client of the deployed REST API.

use super::aws::Aws;
use super::http::{self, Reply};
use crate::outcome::{Outcome, ensure};
use serde_json::Value;
use ureq::http::{Method, Request};

/// The API at its address on the emulator.
#[derive(Debug, Clone)]
pub struct Api {
    base: String,
    host: String,
}

impl Api {
    /// From the output `ApiUrl`. On AWS its host resolves; the emulator tells APIs apart by the
    /// `Host` header, `<api id>.execute-api.localhost`.
    ///
    /// # Errors
    /// An address that is none of API Gateway's, or whose path is not the contract's `/v1`.
    pub fn new(aws: &Aws, api_url: &str) -> Outcome<Self> {
        let address = api_url.split_once("://").map_or(api_url, |(_, rest)| rest);
        let (host, path) = address.split_once('/').unwrap_or((address, ""));
        ensure(path == "v1", || format!("`{api_url}` does not end in /v1"))?;
        let id = host.split('.').next().unwrap_or(host);
        Ok(Self {
            base: format!("{}/v1", aws.endpoint()),
            host: format!("{id}.execute-api.localhost"),
        })
    }

    /// At this address, with the base path.
    #[must_use]
    pub fn at(base: &str) -> Self {
        let host = base.split('/').nth(2).unwrap_or_default();
        Self { base: base.to_owned(), host: host.to_owned() }
    }

    /// Calls a route; `body` null sends none, `token` empty sends no `Authorization`.
    ///
    /// # Errors
    /// No answer at all.
    pub fn call(&self, token: &str, method: Method, path: &str, body: &Value) -> Outcome<Reply> {
        self.call_with(&[], token, (method, path), body)
    }

    /// The same with more headers.
    ///
    /// # Errors
    /// No answer at all.
    pub fn call_with(
        &self,
        headers: &[(&str, &str)],
        token: &str,
        (method, path): (Method, &str),
        body: &Value,
    ) -> Outcome<Reply> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("Host", &self.host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !token.is_empty() {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let body = match body {
            Value::Null => String::new(),
            body => {
                request = request.header("Content-Type", "application/json");
                body.to_string()
            }
        };
        http::send(request.body(body)?)
    }

    /// Calls a route with a body that need not be JSON.
    ///
    /// # Errors
    /// No answer at all.
    pub fn raw(&self, token: &str, method: Method, path: &str, body: &str) -> Outcome<Reply> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("Host", &self.host)
            .header("Content-Type", "application/json")
            .header("Authorization", format!("Bearer {token}"));
        http::send(request.body(body.to_owned())?)
    }

    /// Calls a route that must answer 200.
    ///
    /// # Errors
    /// Another answer, with its text.
    pub fn ok(&self, token: &str, method: Method, path: &str, body: &Value) -> Outcome<Value> {
        let told = format!("{method} {path}");
        let reply = self.call(token, method, path, body)?;
        ensure(reply.status == 200, || {
            format!("{told} answered {}: {}", reply.status, reply.body)
        })?;
        match reply.body.as_str() {
            "" => Ok(Value::Null),
            _ => reply.json(),
        }
    }

    /// Creates a job, whole as answered.
    ///
    /// # Errors
    /// Any answer but 200.
    pub fn create(&self, token: &str, job: &Value) -> Outcome<Value> {
        self.ok(token, Method::POST, "/job/create", job)
    }

    /// The caller's jobs.
    ///
    /// # Errors
    /// Any answer but 200 with an array.
    pub fn jobs(&self, token: &str) -> Outcome<Vec<Value>> {
        let answer = self.ok(token, Method::GET, "/jobs", &Value::Null)?;
        match answer {
            Value::Array(jobs) => Ok(jobs),
            other => crate::outcome::fail(format!("GET /jobs answered no array: {other}")),
        }
    }
}
