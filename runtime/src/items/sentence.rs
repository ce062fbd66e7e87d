//! What is wrong with a value, as a sentence about it: "must be a string".

use boon::{ErrorKind, Types};
use serde_json::Value;

pub(crate) fn of(kind: &ErrorKind<'_, '_>) -> String {
    match kind {
        ErrorKind::Type { want, .. } => format!("must be {}", types(*want)),
        ErrorKind::Enum { want } => format!("must be one of {}", values(want)),
        ErrorKind::Const { want } => format!("must be `{want}`"),
        ErrorKind::Format { want, .. } => format!("must be {}", format_name(want)),
        ErrorKind::Pattern { want, .. } => format!("must match the pattern `{want}`"),
        ErrorKind::FalseSchema | ErrorKind::Not => "is not allowed here".to_owned(),
        ErrorKind::AnyOf | ErrorKind::OneOf(None) => {
            "must have one of the forms that its schema lists".to_owned()
        }
        ErrorKind::OneOf(Some(_)) => {
            "must have exactly one of the forms that its schema lists".to_owned()
        }
        kind => limit(kind),
    }
}

fn limit(kind: &ErrorKind<'_, '_>) -> String {
    match kind {
        ErrorKind::Minimum { want, .. } => format!("must be at least {want}"),
        ErrorKind::Maximum { want, .. } => format!("must be at most {want}"),
        ErrorKind::ExclusiveMinimum { want, .. } => format!("must be more than {want}"),
        ErrorKind::ExclusiveMaximum { want, .. } => format!("must be less than {want}"),
        ErrorKind::MultipleOf { want, .. } => format!("must be a multiple of {want}"),
        ErrorKind::MinLength { want, .. } => format!("must have at least {want} characters"),
        ErrorKind::MaxLength { want, .. } => format!("must have at most {want} characters"),
        ErrorKind::MinItems { want, .. } => format!("must have at least {want} items"),
        ErrorKind::MaxItems { want, .. } => format!("must have at most {want} items"),
        ErrorKind::MinProperties { want, .. } => format!("must have at least {want} fields"),
        ErrorKind::MaxProperties { want, .. } => format!("must have at most {want} fields"),
        ErrorKind::UniqueItems { .. } => "must not hold the same item twice".to_owned(),
        ErrorKind::Contains => "holds no item of the kind that its schema asks for".to_owned(),
        other => other.to_string(),
    }
}

fn types(want: Types) -> String {
    let names = want.iter().map(|kind| match kind.to_string().as_str() {
        "null" => "null".to_owned(),
        vowel @ ("integer" | "object" | "array") => format!("an {vowel}"),
        other => format!("a {other}"),
    });
    names.collect::<Vec<_>>().join(" or ")
}

fn values(want: &[Value]) -> String {
    let shown = want.iter().map(|value| match value {
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn format_name(want: &str) -> String {
    match want {
        "email" | "idn-email" => "an e-mail address".to_owned(),
        "uri" | "iri" => "an absolute URL such as `https://example.com/page`".to_owned(),
        "date-time" => "a date and time such as `2026-01-31T12:00:00Z`".to_owned(),
        other => format!("a valid `{other}`"),
    }
}
