//! Headers that a job asks for. Pure.
//!
//! In: the job's `headers`. Out: what the request carries, or why not, with a header's name and
//! never with its value.

use scheduler_plugin::web::reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;

/// What belongs to the connection (RFC 9110, 7.6.1), to the message's frame, or to the signature.
const TAKEN: [&str; 14] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
];

/// Headers of a request. They may hold secrets, so they cannot be printed.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub struct Headers(HeaderMap);

/// Why headers are none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Not an object at all.
    #[error("`headers` is no object")]
    NoObject,
    /// A name with letters that none may have.
    #[error("`{0}` is no name of a header")]
    Name(String),
    /// The connection's own, or the signature's.
    #[error("the header `{0}` is not a job's to set")]
    Taken(String),
    /// Not a text, or one that a header cannot hold.
    #[error("the value of the header `{0}` is no text of visible ASCII")]
    Value(String),
}

impl Headers {
    /// As the client takes them.
    pub(crate) fn map(&self) -> &HeaderMap {
        &self.0
    }

    /// All values.
    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        self.0.values().filter_map(|value| value.to_str().ok())
    }
}

impl TryFrom<Value> for Headers {
    type Error = HeaderError;

    fn try_from(written: Value) -> Result<Self, HeaderError> {
        let Value::Object(fields) = written else {
            return Err(HeaderError::NoObject);
        };
        let mut headers = HeaderMap::new();
        for (name, value) in &fields {
            // Added, not set: names that differ in case only are two headers of one name.
            headers.append(header_name(name)?, header_value(name, value)?);
        }
        Ok(Self(headers))
    }
}

fn header_name(written: &str) -> Result<HeaderName, HeaderError> {
    let name = HeaderName::try_from(written);
    let name = name.map_err(|_| HeaderError::Name(written.to_owned()))?;
    match TAKEN.contains(&name.as_str()) {
        true => Err(HeaderError::Taken(name.to_string())),
        false => Ok(name),
    }
}

fn header_value(name: &str, written: &Value) -> Result<HeaderValue, HeaderError> {
    let text = written.as_str().filter(|text| text.is_ascii());
    let value = text.and_then(|text| HeaderValue::from_str(text).ok());
    let mut value = value.ok_or_else(|| HeaderError::Value(name.to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(written: Value) -> String {
        Headers::try_from(written).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn what_is_not_a_jobs_to_set_is_refused_in_any_case() {
        for name in TAKEN {
            let upper = name.to_uppercase();
            for name in [name, &upper] {
                let told = refused(json!({"x-fine": "a", name: "hunter2"}));
                assert!(told.contains(&name.to_lowercase()) && !told.contains("hunter2"), "{told}");
            }
        }
    }

    #[test]
    fn what_would_end_a_header_is_refused_and_not_told() {
        for value in ["hunter2\r\nhost: x", "hunter2\n", "hunter2\0", "hunter2 ü"] {
            let told = refused(json!({"x-token": value}));
            assert!(told.contains("`x-token`") && !told.contains("hunter2"), "{told}");
        }
        for name in ["", "a b", "a:b", "a\r\nb", "ü"] {
            assert!(refused(json!({name: "x"})).contains("no name of a header"), "{name}");
        }
        for wrong in [json!({"x": 1}), json!({"x": null}), json!("hunter2"), json!(["a"])] {
            let told = refused(wrong);
            assert!(!told.is_empty() && !told.contains("hunter2"), "{told}");
        }
    }

    #[test]
    fn names_that_differ_in_case_only_are_both_sent() {
        let headers = Headers::try_from(json!({"X-A": "1", "x-a": "2"})).unwrap();
        assert_eq!(headers.values().collect::<Vec<_>>(), ["1", "2"]);
    }

    /// The schema has no way to say "in any case" but to spell it out.
    #[test]
    fn the_schema_refuses_the_same_names() {
        let schema: Value = serde_json::from_str(include_str!("../job.schema.json")).unwrap();
        let any_case = |letter: char| match letter {
            'a'..='z' => format!("[{}{letter}]", letter.to_ascii_uppercase()),
            other => other.to_string(),
        };
        let names = TAKEN.map(|name| name.chars().map(any_case).collect::<String>());
        let pattern = format!("^({})$", names.join("|"));
        assert_eq!(schema["$defs"]["header_name"]["not"]["pattern"], pattern);
    }
}
