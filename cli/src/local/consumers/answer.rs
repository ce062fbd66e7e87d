//! What a runtime says of an event, or of itself.

use super::invocation::InvokeError;
use axum::body::Bytes;
use serde_json::Value;

/// The characters of an error's text that are kept.
const CHARACTERS: usize = 4000;
/// The lines of a trace that are kept.
const LINES: usize = 64;

/// How a run ended, by what the runtime said.
#[derive(Debug)]
pub(super) enum Answer {
    /// The handler's answer.
    Response(Bytes),
    /// The handler failed.
    Error(Raised),
    /// What the runtime said makes no sense.
    Garbage(String),
}

/// An error, as a runtime tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Raised {
    kind: String,
    message: String,
    trace: Vec<String>,
}

impl Raised {
    /// From the body of `.../error` and the header `Lambda-Runtime-Function-Error-Type`. A body
    /// that is not as documented is the message.
    pub(super) fn read(body: &[u8], header: Option<&str>) -> Self {
        let header = header.unwrap_or_default();
        let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
            let message = short(&String::from_utf8_lossy(body));
            return Self { kind: header.to_owned(), message, trace: Vec::new() };
        };
        let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
        let kind = match text("errorType") {
            "" => header,
            kind => kind,
        };
        // Node's runtime calls it otherwise.
        let trace = body.get("stackTrace").or_else(|| body.get("trace"));
        let lines = trace.and_then(Value::as_array).into_iter().flatten().take(LINES);
        Self {
            kind: short(kind),
            message: short(text("errorMessage")),
            trace: lines.map(line).collect(),
        }
    }

    pub(super) fn of_handler(self) -> InvokeError {
        let Self { kind, message, trace } = self;
        InvokeError::Handler { kind, message, trace }
    }

    pub(super) fn of_init(self) -> InvokeError {
        let Self { kind, message, trace } = self;
        InvokeError::Init { kind, message, trace }
    }
}

fn line(value: &Value) -> String {
    match value {
        Value::String(text) => short(text.trim_end()),
        other => short(&other.to_string()),
    }
}

fn short(text: &str) -> String {
    text.chars().take(CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_read_as_documented_and_otherwise_as_text() {
        let body = br#"{"errorMessage": "no", "errorType": "E", "stackTrace": ["a\n", ["b", 1]]}"#;
        let trace = vec!["a".to_owned(), r#"["b",1]"#.to_owned()];
        let raised = Raised { kind: "E".into(), message: "no".into(), trace };
        assert_eq!(Raised::read(body, Some("H")), raised);
        let text = Raised { kind: "H".into(), message: "oh no".into(), trace: Vec::new() };
        assert_eq!(Raised::read(b"oh no", Some("H")), text);
        assert_eq!(Raised::read(b"{}", None), Raised::default());
    }
}
