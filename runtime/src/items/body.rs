//! A body as it came: JSON, an object, without the fields that only the core may set.

use super::answer::ApiError;
use scheduler_contract::CORE_FIELDS;
use serde_json::{Map, Value};

/// What a client may write of a job.
pub(crate) struct Body {
    /// `job_type` as written, if at all.
    pub(crate) job_type: Option<Value>,
    /// `sleep_time` as written, if at all.
    pub(crate) sleep_time: Option<Value>,
    /// Everything else; what the core owns is dropped, since a client sends back what it got.
    pub(crate) fields: Map<String, Value>,
}

pub(crate) fn read(body: Option<&[u8]>) -> Result<Body, ApiError> {
    let bytes = body.ok_or_else(|| ApiError::Unreadable("there is none".to_owned()))?;
    let value = serde_json::from_slice(bytes);
    match value.map_err(|error| ApiError::Unreadable(error.to_string()))? {
        Value::Object(fields) => Ok(split(fields)),
        _ => Err(ApiError::field("", "must be an object")),
    }
}

fn split(mut fields: Map<String, Value>) -> Body {
    let job_type = fields.remove("job_type");
    let sleep_time = fields.remove("sleep_time");
    for field in CORE_FIELDS {
        fields.remove(*field);
    }
    Body { job_type, sleep_time, fields }
}
