//! What a consumer receives: the original's job object, and nothing else.

use crate::fields::{self, FieldError};
use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// The input of a schedule, and so the message of the topic. Consumers of the original refuse
/// unknown fields: the core's additions never stand in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Whose job it is.
    pub user_id: String,
    /// The owner's address.
    pub user_email: String,
    /// Unique for a user.
    pub job_id: u64,
    /// Which consumer it is for.
    pub job_type: String,
    /// Seconds between two runs, as the user wrote them.
    pub sleep_time: u64,
    /// The job type's own fields, opaque.
    pub fields: Map<String, Value>,
}

impl Tick {
    /// Reads a flat object; the core's additions, should there be any, are dropped.
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
            fields: fields::own(map),
        })
    }

    /// The flat object.
    #[must_use]
    pub fn into_map(self) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert("user_id".to_owned(), self.user_id.into());
        map.insert("user_email".to_owned(), self.user_email.into());
        map.insert("job_id".to_owned(), self.job_id.into());
        map.insert("job_type".to_owned(), self.job_type.into());
        map.insert("sleep_time".to_owned(), self.sleep_time.into());
        map.extend(fields::own(self.fields));
        map
    }
}

impl Serialize for Tick {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("user_id", &self.user_id)?;
        object.serialize_entry("user_email", &self.user_email)?;
        object.serialize_entry("job_id", &self.job_id)?;
        object.serialize_entry("job_type", &self.job_type)?;
        object.serialize_entry("sleep_time", &self.sleep_time)?;
        for (field, value) in &self.fields {
            if !crate::CORE_FIELDS.contains(&field.as_str()) {
                object.serialize_entry(field, value)?;
            }
        }
        object.end()
    }
}

impl<'de> Deserialize<'de> for Tick {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = Map::deserialize(deserializer)?;
        Self::from_map(map).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use crate::ScheduledJob;

    #[test]
    fn a_tick_is_the_originals_job_object_and_nothing_else() {
        let item = r#"{"url":"https://example.com","user_id":"u","user_email":"u@example.com",
            "job_id":3,"job_type":"html_monitor_job","sleep_time":600,"rev":9,"enabled":true,
            "anchor":1,"updated_at":2,"next_run":3,"last_run":4,"runs":5}"#;
        let job: ScheduledJob = serde_json::from_str(item).unwrap();
        assert_eq!(
            serde_json::to_string(&job.tick()).unwrap(),
            r#"{"user_id":"u","user_email":"u@example.com","job_id":3,"job_type":"html_monitor_job","sleep_time":600,"url":"https://example.com"}"#
        );
    }
}
