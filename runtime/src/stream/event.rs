//! A stream batch as Lambda delivers it, and the change that each record stands for.

use crate::attribute::{AttributeError, plain_object};
use crate::ports::QueuedChange;
use scheduler_contract::{
    CORE_FIELDS, Change, SchedulerChange, TICK_FIELDS, schedule_name, wire_json,
};
use serde::Deserialize;
use serde_json::{Map, Number, Value};

/// The largest change event, bytes: under 256 KiB with room for what travels beside it.
const BODY_MAX: usize = 240 * 1024;

/// A batch of stream records.
#[derive(Debug, Deserialize)]
pub struct StreamEvent {
    /// In the order of the stream.
    #[serde(rename = "Records")]
    pub records: Vec<Value>,
}

/// One stream record, as far as it is read.
#[derive(Debug, Deserialize)]
pub struct Record {
    #[serde(rename = "eventID")]
    event_id: Option<String>,
    #[serde(rename = "eventName")]
    event_name: String,
    dynamodb: StreamView,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StreamView {
    approximate_creation_date_time: Option<Number>,
    keys: Map<String, Value>,
    new_image: Option<Map<String, Value>>,
    sequence_number: Option<String>,
}

/// What is wrong with a record.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecordError {
    #[error("the record is not of a known form")]
    Form(#[from] serde_json::Error),
    #[error("an attribute is unreadable")]
    Attribute(#[from] AttributeError),
    #[error("the record's keys are not those of a job")]
    Keys,
    #[error("`{0}` is no kind of change, or its image is missing")]
    Kind(String),
}

/// What a record tells the controller.
#[derive(Debug)]
pub(super) struct Told {
    /// The change event.
    pub(super) change: QueuedChange,
    /// Its body with nothing of the job but its keys: as good a hint.
    pub(super) bare: String,
    /// What of the record could not be read; its keys could.
    pub(super) unread: Option<RecordError>,
}

/// Reads a batch; its records are read one by one, so that one cannot spoil the others.
///
/// # Errors
/// Where it is no batch at all.
pub fn parse(event: &[u8]) -> Result<StreamEvent, serde_json::Error> {
    serde_json::from_slice(event)
}

/// The sequence number of a record that may be otherwise unreadable.
pub(super) fn sequence_number(record: &Value) -> Option<&str> {
    record.get("dynamodb")?.get("SequenceNumber")?.as_str()
}

/// What a record tells; `None` where it is not about a job (an id counter). A record whose keys can
/// be read always tells something: the controller looks at the job itself.
pub(super) fn told(record: Value) -> Result<Option<Told>, RecordError> {
    let record: Record = serde_json::from_value(record)?;
    let keys = plain_object(record.dynamodb.keys)?;
    let (user_id, job_id) = ids(&keys).ok_or(RecordError::Keys)?;
    if job_id.starts_with('-') {
        return Ok(None);
    }
    let scheduler_id = format!("{user_id}-{job_id}");
    let (change, unread) = match change(&record.event_name, record.dynamodb.new_image) {
        Ok(change) => (change, None),
        Err(error) => (Change::Modify(keys.clone()), Some(error)),
    };
    let group = schedule_name(&scheduler_id);
    let change = SchedulerChange {
        change,
        scheduler_id,
        timestamp: stamp(record.dynamodb.approximate_creation_date_time.as_ref()),
    };
    let fallback = record.dynamodb.sequence_number.unwrap_or_default();
    let deduplication_id = deduplication_id(record.event_id, fallback);
    let whole = wire_json(&change)?;
    let bare = wire_json(&bare(change, keys))?;
    // An event that no message can hold is cut: it is at the item that the controller finds a job
    // too large, and puts it aside.
    let body = if whole.len() <= BODY_MAX { whole } else { bare.clone() };
    Ok(Some(Told { change: QueuedChange { group, deduplication_id, body }, bare, unread }))
}

fn ids(keys: &Map<String, Value>) -> Option<(&str, String)> {
    match (keys.get("user_id"), keys.get("job_id")) {
        (Some(Value::String(user)), Some(Value::Number(id))) => Some((user, id.to_string())),
        _ => None,
    }
}

/// `REMOVE` brings no image.
fn change(name: &str, image: Option<Map<String, Value>>) -> Result<Change, RecordError> {
    match (name, image) {
        ("INSERT", Some(image)) => Ok(Change::Create(job(image)?)),
        ("MODIFY", Some(image)) => Ok(Change::Modify(job(image)?)),
        ("REMOVE", _) => Ok(Change::Remove),
        (name, _) => Err(RecordError::Kind(name.to_owned())),
    }
}

/// The original's job object: without what this system adds to an item.
fn job(image: Map<String, Value>) -> Result<Map<String, Value>, AttributeError> {
    let mut job = plain_object(image)?;
    let additions = CORE_FIELDS.iter().filter(|field| !TICK_FIELDS.contains(field));
    for field in additions {
        job.remove(*field);
    }
    Ok(job)
}

fn bare(change: SchedulerChange, keys: Map<String, Value>) -> SchedulerChange {
    SchedulerChange {
        change: match change.change {
            Change::Create(_) => Change::Create(keys),
            Change::Modify(_) => Change::Modify(keys),
            Change::Remove => Change::Remove,
        },
        ..change
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a stamp is cut to whole seconds, and a cast saturates"
)]
fn stamp(stamp: Option<&Number>) -> Option<i64> {
    let stamp = stamp?;
    stamp.as_i64().or_else(|| stamp.as_f64().map(|seconds| seconds.floor() as i64))
}

/// An event id as SQS takes it (1 to 128 characters, letters, digits, punctuation); a stream
/// never sends another kind, and its sequence number is as good.
fn deduplication_id(event_id: Option<String>, fallback: String) -> String {
    let usable =
        |id: &String| (1..=128).contains(&id.len()) && id.bytes().all(|c| c.is_ascii_graphic());
    event_id.filter(usable).unwrap_or(fallback)
}
