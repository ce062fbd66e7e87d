//! The change event between the table's stream and the controller.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Number, Value};

/// One change of one job: `{"scheduler_id", "change_type", "scheduled_job", "timestamp"}`.
#[derive(Debug, Clone, PartialEq)]
pub struct SchedulerChange {
    /// `<user_id>-<job_id>`, see [`crate::JobKey`].
    pub scheduler_id: String,
    /// What happened.
    pub change: Change,
    /// When, in seconds since 1970, where the stream said so.
    pub timestamp: Option<i64>,
}

/// What happened to a job. The job itself is not judged here: a flat object, whatever it holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It is new.
    Create(Map<String, Value>),
    /// It was written again.
    Modify(Map<String, Value>),
    /// It is gone.
    Remove,
}

/// The event's `change_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeType {
    /// `create`
    Create,
    /// `modify`
    Modify,
    /// `remove`
    Remove,
}

impl Change {
    /// Which kind of change it is.
    #[must_use]
    pub fn change_type(&self) -> ChangeType {
        match self {
            Self::Create(_) => ChangeType::Create,
            Self::Modify(_) => ChangeType::Modify,
            Self::Remove => ChangeType::Remove,
        }
    }

    /// The job, except where it is gone.
    #[must_use]
    pub fn scheduled_job(&self) -> Option<&Map<String, Value>> {
        match self {
            Self::Create(job) | Self::Modify(job) => Some(job),
            Self::Remove => None,
        }
    }

    fn new(change_type: ChangeType, job: Option<Map<String, Value>>) -> Result<Self, &'static str> {
        match (change_type, job) {
            (ChangeType::Create, Some(job)) => Ok(Self::Create(job)),
            (ChangeType::Modify, Some(job)) => Ok(Self::Modify(job)),
            (ChangeType::Remove, None) => Ok(Self::Remove),
            (ChangeType::Remove, Some(_)) => Err("`scheduled_job` must be null in a removal"),
            (_, None) => Err("`scheduled_job` is null, which only a removal allows"),
        }
    }
}

/// The event as it travels.
#[derive(Serialize)]
struct Outgoing<'a> {
    scheduler_id: &'a str,
    change_type: ChangeType,
    scheduled_job: Option<&'a Map<String, Value>>,
    timestamp: Option<i64>,
}

/// The event as it arrives: the original stamped with a float or an integer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Incoming {
    scheduler_id: String,
    change_type: ChangeType,
    scheduled_job: Option<Map<String, Value>>,
    timestamp: Option<Number>,
}

impl Serialize for SchedulerChange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Outgoing {
            scheduler_id: &self.scheduler_id,
            change_type: self.change.change_type(),
            scheduled_job: self.change.scheduled_job(),
            timestamp: self.timestamp,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SchedulerChange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let incoming = Incoming::deserialize(deserializer)?;
        let change = Change::new(incoming.change_type, incoming.scheduled_job);
        Ok(Self {
            scheduler_id: incoming.scheduler_id,
            change: change.map_err(D::Error::custom)?,
            timestamp: incoming.timestamp.as_ref().and_then(whole_seconds),
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a stamp is cut to whole seconds, and a cast saturates"
)]
fn whole_seconds(stamp: &Number) -> Option<i64> {
    let whole = stamp.as_i64();
    whole.or_else(|| stamp.as_f64().map(|seconds| seconds.floor() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SchedulerChange, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_change_is_written_as_the_original_wrote_it() {
        let text = r#"{"scheduler_id":"u-1","change_type":"modify","scheduled_job":{"big":12345678901234567890123},"timestamp":1700000000}"#;
        let change = parse(text).unwrap();
        assert_eq!(change.change.change_type(), ChangeType::Modify);
        assert_eq!(serde_json::to_string(&change).unwrap(), text);
    }

    #[test]
    fn a_removal_carries_null() {
        let text = r#"{"scheduler_id":"u-1","change_type":"remove","scheduled_job":null,"timestamp":null}"#;
        let change = parse(text).unwrap();
        assert_eq!(change.change, Change::Remove);
        assert_eq!(serde_json::to_string(&change).unwrap(), text);
    }

    #[test]
    fn a_stamp_with_a_fraction_is_cut() {
        let text = r#"{"scheduler_id":"u-1","change_type":"remove","scheduled_job":null,"timestamp":1700000000.9}"#;
        assert_eq!(parse(text).unwrap().timestamp, Some(1_700_000_000));
    }

    #[test]
    fn a_job_stands_exactly_where_something_is_left() {
        let job_in_removal =
            r#"{"scheduler_id":"u-1","change_type":"remove","scheduled_job":{},"timestamp":null}"#;
        assert!(parse(job_in_removal).unwrap_err().contains("must be null in a removal"));
        let nothing_created = r#"{"scheduler_id":"u-1","change_type":"create","scheduled_job":null,"timestamp":null}"#;
        assert!(parse(nothing_created).unwrap_err().contains("only a removal allows"));
    }

    #[test]
    fn unknown_fields_and_types_are_refused() {
        let extra = r#"{"scheduler_id":"u-1","change_type":"remove","scheduled_job":null,"timestamp":1,"x":1}"#;
        assert!(parse(extra).unwrap_err().contains("unknown field `x`"));
        let kind =
            r#"{"scheduler_id":"u-1","change_type":"destroy","scheduled_job":null,"timestamp":1}"#;
        assert!(parse(kind).unwrap_err().contains("unknown variant `destroy`"));
    }
}
