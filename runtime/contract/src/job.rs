//! A job as the table keeps it: one flat JSON object.

use crate::fields::{self, FieldError};
use crate::{JobKey, Tick};
use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// A job with everything that the core knows of it.
///
/// An item as the original wrote it has none of the additions (`enabled`, `rev`, `anchor`,
/// `updated_at`); it is enabled, at revision 0, and has no phase yet.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduledJob {
    /// Whose job it is.
    pub user_id: String,
    /// The owner's address when the job was last written.
    pub user_email: String,
    /// Unique for a user, never reused.
    pub job_id: u64,
    /// Which consumer gets its ticks.
    pub job_type: String,
    /// Seconds between two runs, as the user wrote them.
    pub sleep_time: u64,
    /// `false`: paused.
    pub enabled: bool,
    /// Raised by every write; 0 for an item of the original.
    pub rev: u64,
    /// Creation, or the last change of `sleep_time`: where the interval is counted from. Epoch
    /// seconds.
    pub anchor: Option<i64>,
    /// The last write, epoch seconds.
    pub updated_at: Option<i64>,
    /// The job type's own fields, opaque; never one of [`crate::CORE_FIELDS`].
    pub fields: Map<String, Value>,
}

impl ScheduledJob {
    /// Reads a flat object; own fields are taken as they are.
    ///
    /// # Errors
    /// The first core field that is missing or of the wrong kind.
    pub fn from_map(mut map: Map<String, Value>) -> Result<Self, FieldError> {
        Ok(Self {
            user_id: fields::text(&mut map, "user_id")?,
            user_email: fields::text(&mut map, "user_email")?,
            job_id: fields::natural(&mut map, "job_id")?,
            job_type: fields::text(&mut map, "job_type")?,
            sleep_time: fields::natural(&mut map, "sleep_time")?,
            enabled: fields::optional_flag(&mut map, "enabled")?.unwrap_or(true),
            rev: revision(&mut map)?,
            anchor: fields::optional_integer(&mut map, "anchor")?,
            updated_at: fields::optional_integer(&mut map, "updated_at")?,
            fields: fields::own(map),
        })
    }

    /// The flat object: core fields, additions (absent where unknown), own fields.
    #[must_use]
    pub fn to_map(&self) -> Map<String, Value> {
        let mut map = self.tick().into_map();
        map.insert("enabled".to_owned(), self.enabled.into());
        map.insert("rev".to_owned(), self.rev.into());
        let stamps = [("anchor", self.anchor), ("updated_at", self.updated_at)];
        for (field, stamp) in stamps {
            if let Some(stamp) = stamp {
                map.insert(field.to_owned(), stamp.into());
            }
        }
        map
    }

    /// What its consumer receives.
    #[must_use]
    pub fn tick(&self) -> Tick {
        Tick {
            user_id: self.user_id.clone(),
            user_email: self.user_email.clone(),
            job_id: self.job_id,
            job_type: self.job_type.clone(),
            sleep_time: self.sleep_time,
            fields: self.fields.clone(),
        }
    }

    /// Its place in the table.
    #[must_use]
    pub fn key(&self) -> JobKey {
        JobKey { user_id: self.user_id.clone(), job_id: self.job_id }
    }
}

fn revision(map: &mut Map<String, Value>) -> Result<u64, FieldError> {
    match map.get("rev") {
        None | Some(Value::Null) => Ok(0),
        Some(_) => fields::natural(map, "rev"),
    }
}

impl Serialize for ScheduledJob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let map = self.to_map();
        let mut object = serializer.serialize_map(Some(map.len()))?;
        for (field, value) in &map {
            object.serialize_entry(field, value)?;
        }
        object.end()
    }
}

impl<'de> Deserialize<'de> for ScheduledJob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = Map::deserialize(deserializer)?;
        Self::from_map(map).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGINAL: &str = r#"{"user_id":"u","user_email":"u@example.com","job_id":0,
        "job_type":"test","sleep_time":61,"big":9007199254740993123,"gone":null,
        "tree":{"list":[1,2.50,"x"]}}"#;

    fn job() -> ScheduledJob {
        serde_json::from_str(ORIGINAL).unwrap()
    }

    #[test]
    fn an_item_of_the_original_is_enabled_at_revision_zero() {
        let job = job();
        assert!(job.enabled);
        assert_eq!((job.rev, job.anchor, job.updated_at), (0, None, None));
        assert_eq!(job.fields.len(), 3);
    }

    #[test]
    fn a_job_keeps_every_digit_over_a_round_trip() {
        let mut job = job();
        job.rev = 7;
        job.enabled = false;
        job.anchor = Some(1_700_000_000);
        let text = serde_json::to_string(&job).unwrap();
        assert!(text.contains("9007199254740993123"), "{text}");
        assert!(text.contains("2.50"), "{text}");
        assert_eq!(serde_json::from_str::<ScheduledJob>(&text).unwrap(), job);
    }

    #[test]
    fn a_missing_or_wrong_core_field_is_named() {
        let without = ORIGINAL.replace("\"sleep_time\":61,", "");
        let error = serde_json::from_str::<ScheduledJob>(&without).unwrap_err();
        assert_eq!(error.to_string(), "`sleep_time` is missing");
        let wrong = ORIGINAL.replace(":61", ":61.5");
        let error = serde_json::from_str::<ScheduledJob>(&wrong).unwrap_err();
        assert_eq!(error.to_string(), "`sleep_time` is not an integer of 0 or more");
    }

    #[test]
    fn own_fields_cannot_overwrite_the_core() {
        let mut job = job();
        job.fields.insert("user_id".to_owned(), "other".into());
        job.fields.insert("enabled".to_owned(), false.into());
        let map = job.to_map();
        assert_eq!(map["user_id"], "u");
        assert_eq!(map["enabled"], true);
    }
}
