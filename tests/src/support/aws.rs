//! Calls to AWS APIs as the account's root, without an SDK.
//!
//! The emulator takes the root caller's word: the header names service and region, and its
//! signature is not checked.

use super::http::{self, Reply};
use crate::outcome::{Outcome, fail};
use serde_json::Value;
use ureq::http::request::Builder;
use ureq::http::{Method, Request};

/// One emulator, seen from one region.
#[derive(Debug, Clone)]
pub struct Aws {
    endpoint: String,
    region: String,
}

/// An API that takes JSON and is called by `X-Amz-Target`.
#[derive(Debug, Clone, Copy)]
pub struct JsonApi {
    signed_as: &'static str,
    target: &'static str,
}

/// `DynamoDB`.
pub const DYNAMODB: JsonApi = JsonApi { signed_as: "dynamodb", target: "DynamoDB_20120810" };
/// Cognito user pools.
pub const COGNITO: JsonApi =
    JsonApi { signed_as: "cognito-idp", target: "AWSCognitoIdentityProviderService" };
/// Container images.
pub const ECR: JsonApi =
    JsonApi { signed_as: "ecr", target: "AmazonEC2ContainerRegistry_V20150921" };
/// `EventBridge` rules.
pub const EVENTS: JsonApi = JsonApi { signed_as: "events", target: "AWSEvents" };
/// `CloudWatch` Logs.
pub const LOGS: JsonApi = JsonApi { signed_as: "logs", target: "Logs_20140328" };
/// SQS.
pub const SQS: JsonApi = JsonApi { signed_as: "sqs", target: "AmazonSQS" };

impl Aws {
    /// The caller.
    #[must_use]
    pub fn new(endpoint: &str, region: &str) -> Self {
        Self { endpoint: endpoint.into(), region: region.into() }
    }

    /// Where it calls.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Calls an operation of a JSON API.
    ///
    /// # Errors
    /// Any answer but a 200, with its text.
    pub fn json(&self, api: JsonApi, operation: &str, body: &Value) -> Outcome<Value> {
        let request = self
            .request(Method::POST, api.signed_as, "/")
            .header("X-Amz-Target", format!("{}.{operation}", api.target))
            .header("Content-Type", "application/x-amz-json-1.1")
            .body(body.to_string())?;
        expect_ok(operation, http::send(request)?)?.json()
    }

    /// Calls a REST API by its path.
    ///
    /// # Errors
    /// No answer at all.
    pub fn rest(&self, service: &str, method: Method, path: &str, body: &Value) -> Outcome<Reply> {
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let request = self
            .request(method, service, path)
            .header("Content-Type", "application/json")
            .body(body)?;
        http::send(request)
    }

    /// Reads from a REST API.
    ///
    /// # Errors
    /// Any answer but a 200, with its text.
    pub fn get(&self, service: &str, path: &str) -> Outcome<Value> {
        expect_ok(path, self.rest(service, Method::GET, path, &Value::Null)?)?.json()
    }

    /// Calls an operation of a form-and-XML API; answers the XML.
    ///
    /// # Errors
    /// No answer at all.
    pub fn query(&self, service: &str, fields: &[(&str, &str)]) -> Outcome<Reply> {
        let form: Vec<_> =
            fields.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect();
        let request = self
            .request(Method::POST, service, "/")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form.join("&"))?;
        http::send(request)
    }

    fn request(&self, method: Method, service: &str, path: &str) -> Builder {
        let scope = format!("test/20260101/{}/{service}/aws4_request", self.region);
        Request::builder().method(method).uri(format!("{}{path}", self.endpoint)).header(
            "Authorization",
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
        )
    }
}

/// The texts of an XML element, wherever it stands.
#[must_use]
pub fn xml_texts(xml: &str, element: &str) -> Vec<String> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    xml.split(&open)
        .skip(1)
        .filter_map(|rest| rest.split_once(&close))
        .map(|(text, _)| text.to_owned())
        .collect()
}

/// Text as a part of a URL or form.
#[must_use]
pub fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

fn expect_ok(what: &str, reply: Reply) -> Outcome<Reply> {
    if reply.status == 200 {
        return Ok(reply);
    }
    fail(format!("{what} answered {}: {}", reply.status, reply.body))
}
