//! Events with what must become of them, as files that every language is held to.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// One file of `tests/envelopes`. In its event, `{"$text": ...}` stands for the value as JSON text,
/// and `{"$repeat": ["ab", 3]}` for `ababab`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fixture {
    #[serde(skip)]
    pub(crate) name: String,
    /// What it is for.
    #[serde(rename = "about")]
    _about: String,
    pub(crate) event: Value,
    /// The function's time.
    #[serde(default)]
    within_ms: Option<u64>,
    /// The lines `seen` of the log, in any order: one for each tick that got through.
    #[serde(default)]
    pub(crate) seen: Vec<Value>,
    /// The ids of failed ticks, and a part of each one's reason.
    #[serde(default)]
    pub(crate) failed: BTreeMap<String, String>,
    /// Exactly what the function answers, where it does not fail.
    pub(crate) answer: Option<Value>,
    /// What is in the message of its failure, where it does.
    #[serde(default)]
    pub(crate) error: Vec<String>,
}

impl Fixture {
    pub(crate) fn within(&self) -> Duration {
        Duration::from_millis(self.within_ms.unwrap_or(30_000))
    }
}

pub(crate) fn fixtures() -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/envelopes");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 10, "{files:?}");
    files.iter().map(|file| read(file)).collect()
}

fn read(file: &Path) -> Fixture {
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let value: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).expect(&name);
    let mut fixture = Fixture::deserialize(resolved(value)).expect(&name);
    fixture.name = name;
    fixture
}

/// Puts in what the short forms stand for, from the inside out.
fn resolved(value: Value) -> Value {
    match value {
        Value::Array(list) => list.into_iter().map(resolved).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, resolved(value)));
            short_form(fields.collect())
        }
        other => other,
    }
}

fn short_form(fields: Map<String, Value>) -> Value {
    if let Some(value) = fields.get("$text") {
        return value.to_string().into();
    }
    match fields.get("$repeat").and_then(Value::as_array).map(Vec::as_slice) {
        Some([Value::String(text), times]) => {
            text.repeat(usize::try_from(times.as_u64().unwrap()).unwrap()).into()
        }
        _ => Value::Object(fields),
    }
}

/// A job of the probe with these fields of its own.
pub(crate) fn job(own: &Value) -> Value {
    let mut job = json!({"user_id": "u", "user_email": "ada@example.com", "job_id": 7,
        "job_type": "probe", "sleep_time": 60});
    let fields = own.as_object().unwrap().clone();
    job.as_object_mut().unwrap().extend(fields);
    job
}
