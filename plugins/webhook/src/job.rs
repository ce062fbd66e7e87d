//! `webhook_job`'s own fields, as the schema has them. Pure.
//!
//! In: a tick's JSON. Out: a [`Call`] that can be made, but for its address. The API has held a job
//! against the schema before; what comes by another way and does not fit is refused here, in words
//! that show no value: it may be a secret.

use crate::headers::Headers;
use scheduler_plugin::web::reqwest;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// Characters of a body.
const LONGEST_BODY: usize = 102_400;
const SECONDS: std::ops::RangeInclusive<u16> = 1..=20;
const STATUSES: std::ops::RangeInclusive<u16> = 200..=599;
const MOST_STATUSES: usize = 20;

/// What to call, and what to expect.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Where to.
    pub url: String,
    /// How.
    #[serde(default)]
    pub method: Method,
    /// Headers of the request.
    #[serde(default)]
    pub headers: Headers,
    /// Body of the request.
    #[serde(default)]
    pub body: Body,
    /// Which answers are good ones.
    #[serde(default)]
    pub expected_status: Expected,
    /// How long the server may take.
    #[serde(default)]
    pub timeout_seconds: Limit,
}

/// How to call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// `GET`
    #[default]
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
    /// `HEAD`
    Head,
}

/// A request's body; empty: none.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub struct Body(String);

/// Which statuses are expected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub enum Expected {
    /// Any 2xx.
    #[default]
    Success,
    /// These.
    OneOf(Vec<u16>),
}

/// How long the server may take to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub struct Limit(u16);

/// Why a field does not fit the schema.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// The body.
    #[error("`body` is no text of at most {LONGEST_BODY} characters")]
    Body,
    /// The expected status.
    #[error("`expected_status` is neither a status from 200 to 599 nor a list of 1 to 20 of them")]
    Expected,
    /// The time limit.
    #[error("`timeout_seconds` is no whole number from 1 to 20")]
    Limit,
}

impl Method {
    /// Whether servers expect a request of it to have a body (RFC 9110, 8.6).
    #[must_use]
    pub fn has_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }
}

impl From<Method> for reqwest::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Patch => Self::PATCH,
            Method::Delete => Self::DELETE,
            Method::Head => Self::HEAD,
        }
    }
}

impl Body {
    /// As it is sent.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl Expected {
    /// Whether this status is one of them.
    #[must_use]
    pub fn holds(&self, status: u16) -> bool {
        match self {
            Self::Success => (200..300).contains(&status),
            Self::OneOf(statuses) => statuses.contains(&status),
        }
    }
}

impl Limit {
    /// As a time.
    #[must_use]
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0.into())
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(10)
    }
}

impl TryFrom<Value> for Body {
    type Error = FieldError;

    fn try_from(written: Value) -> Result<Self, FieldError> {
        match written {
            Value::String(text) if text.chars().count() <= LONGEST_BODY => Ok(Self(text)),
            _ => Err(FieldError::Body),
        }
    }
}

impl TryFrom<Value> for Expected {
    type Error = FieldError;

    fn try_from(written: Value) -> Result<Self, FieldError> {
        let written = match written {
            Value::Array(list) if (1..=MOST_STATUSES).contains(&list.len()) => list,
            number @ Value::Number(_) => vec![number],
            _ => return Err(FieldError::Expected),
        };
        let status = |value| whole(value).filter(|status| STATUSES.contains(status));
        let statuses: Option<Vec<_>> = written.iter().map(status).collect();
        statuses.map(Self::OneOf).ok_or(FieldError::Expected)
    }
}

impl TryFrom<Value> for Limit {
    type Error = FieldError;

    fn try_from(written: Value) -> Result<Self, FieldError> {
        let seconds = whole(&written).filter(|seconds| SECONDS.contains(seconds));
        seconds.map(Self).ok_or(FieldError::Limit)
    }
}

/// JSON Schema's integers: `10.0` is one.
fn whole(value: &Value) -> Option<u16> {
    let number = value.as_f64()?;
    let fits = number.fract() == 0.0 && (0.0..=f64::from(u16::MAX)).contains(&number);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was looked at")]
    fits.then_some(number as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(fields: Value) -> Result<Call, String> {
        let mut job = json!({"url": "https://example.com/"});
        job.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        serde_json::from_value(job).map_err(|error| error.to_string())
    }

    #[test]
    fn a_url_alone_is_a_get_that_wants_any_2xx_within_ten_seconds() {
        let call = read(json!({})).ok().unwrap();
        assert_eq!((call.method, call.body.text()), (Method::Get, ""));
        assert_eq!(call.timeout_seconds.duration(), Duration::from_secs(10));
        let expected = |status| call.expected_status.holds(status);
        assert!(expected(200) && expected(299));
        assert!(!expected(199) && !expected(300) && !expected(404));
    }

    #[test]
    fn a_status_or_a_list_of_them_is_expected() {
        let one = read(json!({"expected_status": 404})).ok().unwrap().expected_status;
        assert!(one.holds(404) && !one.holds(200));
        let list = read(json!({"expected_status": [200, 503.0]})).ok().unwrap().expected_status;
        assert!(list.holds(200) && list.holds(503) && !list.holds(204));
    }

    #[test]
    fn what_does_not_fit_the_schema_is_refused_without_its_value() {
        for (fields, named) in [
            (json!({"method": "TRACE"}), "TRACE"),
            (json!({"method": "get"}), "get"),
            (json!({"headers": "hunter2"}), "`headers`"),
            (json!({"headers": {"authorization": ["hunter2"]}}), "`authorization`"),
            (json!({"body": ["hunter2"]}), "`body`"),
            (json!({"body": "hunter2".repeat(LONGEST_BODY)}), "`body`"),
            (json!({"expected_status": 199}), "`expected_status`"),
            (json!({"expected_status": 600}), "`expected_status`"),
            (json!({"expected_status": []}), "`expected_status`"),
            (json!({"expected_status": vec![200; 21]}), "`expected_status`"),
            (json!({"expected_status": [200, "404"]}), "`expected_status`"),
            (json!({"expected_status": "2xx"}), "`expected_status`"),
            (json!({"timeout_seconds": 0}), "`timeout_seconds`"),
            (json!({"timeout_seconds": 21}), "`timeout_seconds`"),
            (json!({"timeout_seconds": 1.5}), "`timeout_seconds`"),
            (json!({"timeout_seconds": -1}), "`timeout_seconds`"),
            (json!({"timeout_seconds": 1e300}), "`timeout_seconds`"),
            (json!({"retries": 3}), "unknown field `retries`"),
        ] {
            let told = read(fields).err().unwrap();
            assert!(told.contains(named) && !told.contains("hunter2"), "{told}");
        }
    }

    #[test]
    fn the_largest_of_everything_fits() {
        let call = read(json!({"body": "ü".repeat(LONGEST_BODY), "timeout_seconds": 20.0,
            "expected_status": vec![200; 20]}));
        assert_eq!(call.ok().unwrap().body.text().chars().count(), LONGEST_BODY);
    }

    #[test]
    fn the_schema_has_the_same_limits_and_defaults() {
        let schema: Value = serde_json::from_str(include_str!("../job.schema.json")).unwrap();
        let field = |name: &str| &schema["properties"][name];
        assert_eq!(field("body")["maxLength"], LONGEST_BODY);
        let seconds = field("timeout_seconds");
        assert_eq!((&seconds["minimum"], &seconds["maximum"]), (&json!(1), &json!(20)));
        assert_eq!(seconds["default"], Limit::default().0);
        let status = &schema["$defs"]["status"];
        assert_eq!((&status["minimum"], &status["maximum"]), (&json!(200), &json!(599)));
        assert_eq!(field("expected_status")["oneOf"][1]["maxItems"], MOST_STATUSES);
        let methods = field("method")["enum"].as_array().unwrap();
        assert_eq!(methods.len(), 6);
        for method in methods {
            let read = serde_json::from_value::<Method>(method.clone()).unwrap();
            assert_eq!(reqwest::Method::from(read).as_str(), method);
        }
        let default = serde_json::from_value::<Method>(field("method")["default"].clone());
        assert_eq!(default.unwrap(), Method::default());
        assert!(field("expected_status")["default"].is_null(), "any 2xx is no single value");
    }
}
