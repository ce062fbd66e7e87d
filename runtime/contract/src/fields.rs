//! Names of the core's fields, and reading typed values out of a flat JSON object.

use serde_json::{Map, Value};
use std::fmt;

/// Fields that belong to the core: a job type's own schema may not define one, and own fields
/// never carry one.
pub const CORE_FIELDS: &[&str] = &[
    "user_id",
    "user_email",
    "job_id",
    "job_type",
    "sleep_time",
    "enabled",
    "rev",
    "anchor",
    "updated_at",
    "next_run",
    "last_run",
    "runs",
];

/// The core fields that a consumer receives, in the order of the original's job object.
pub const TICK_FIELDS: &[&str] = &["user_id", "user_email", "job_id", "job_type", "sleep_time"];

/// A core field that is missing or of the wrong kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name.
    pub field: &'static str,
    /// What is wrong, such as `is missing`.
    pub problem: &'static str,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.field, self.problem)
    }
}

impl std::error::Error for FieldError {}

/// Takes a field that must be a string.
pub(crate) fn text(
    map: &mut Map<String, Value>,
    field: &'static str,
) -> Result<String, FieldError> {
    match map.remove(field) {
        Some(Value::String(text)) => Ok(text),
        found => Err(wrong(field, found.as_ref(), "is not a string")),
    }
}

/// Takes a field that must be an integer, 0 or more.
pub(crate) fn natural(
    map: &mut Map<String, Value>,
    field: &'static str,
) -> Result<u64, FieldError> {
    let found = map.remove(field);
    let number = found.as_ref().and_then(Value::as_u64);
    number.ok_or_else(|| wrong(field, found.as_ref(), "is not an integer of 0 or more"))
}

/// Takes an integer that may be absent.
pub(crate) fn optional_integer(
    map: &mut Map<String, Value>,
    field: &'static str,
) -> Result<Option<i64>, FieldError> {
    match map.remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let number = value.as_i64();
            let number = number.ok_or_else(|| wrong(field, Some(&value), "is not an integer"))?;
            Ok(Some(number))
        }
    }
}

/// Takes a boolean that may be absent.
pub(crate) fn optional_flag(
    map: &mut Map<String, Value>,
    field: &'static str,
) -> Result<Option<bool>, FieldError> {
    match map.remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(flag)),
        Some(value) => Err(wrong(field, Some(&value), "is not a boolean")),
    }
}

/// Drops what belongs to the core: the rest are the type's own fields.
pub(crate) fn own(mut map: Map<String, Value>) -> Map<String, Value> {
    for field in CORE_FIELDS {
        map.remove(*field);
    }
    map
}

fn wrong(field: &'static str, found: Option<&Value>, otherwise: &'static str) -> FieldError {
    let problem = match found {
        None => "is missing",
        Some(_) => otherwise,
    };
    FieldError { field, problem }
}
