//! A job as a consumer gets it: the core fields, and the type's own fields in the author's type.
//!
//! In: the job's JSON. Out: [`Job`]. Whether unknown own fields are refused is the author's choice
//! (`#[serde(deny_unknown_fields)]` on the own type): the core's fields never reach that type.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Every field that belongs to the core; a type's own schema may define none of them.
pub const CORE_FIELDS: [&str; 12] = [
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

/// One scheduled job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job<T> {
    /// Who owns it.
    pub user_id: String,
    /// The owner's address.
    pub user_email: String,
    /// Unique for a user.
    pub job_id: u64,
    /// The job type, which is one of the plugin's own.
    pub job_type: String,
    /// The interval in seconds.
    pub sleep_time: u64,
    /// The type's own fields.
    pub own: T,
}

impl<T> Job<T> {
    /// `<user_id>-<job_id>`: unique in a deployment, and the same for every tick of the job.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}-{}", self.user_id, self.job_id)
    }
}

impl<T: DeserializeOwned> Job<T> {
    /// Reads a job.
    ///
    /// # Errors
    /// The text is no JSON object, a core field is missing or wrong, or the own type refuses.
    pub fn parse(text: &str) -> Result<Self, JobError> {
        let mut fields: Map<String, Value> = serde_json::from_str(text).map_err(JobError::Json)?;
        let core = Core::deserialize(Value::Object(fields.clone())).map_err(JobError::Core)?;
        for name in CORE_FIELDS {
            fields.remove(name);
        }
        let own = T::deserialize(Value::Object(fields)).map_err(JobError::Own)?;
        Ok(core.with(own))
    }
}

/// The fields that every tick carries.
#[derive(Deserialize)]
struct Core {
    user_id: String,
    user_email: String,
    job_id: u64,
    job_type: String,
    sleep_time: u64,
}

impl Core {
    fn with<T>(self, own: T) -> Job<T> {
        Job {
            user_id: self.user_id,
            user_email: self.user_email,
            job_id: self.job_id,
            job_type: self.job_type,
            sleep_time: self.sleep_time,
            own,
        }
    }
}

/// Why a message is no job.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Not a JSON object.
    #[error("the message is no JSON object: {0}")]
    Json(#[source] serde_json::Error),
    /// A core field is missing or wrong.
    #[error("the message is no job: {0}")]
    Core(#[source] serde_json::Error),
    /// The author's type refused the type's own fields.
    #[error("the job's own fields do not fit its type: {0}")]
    Own(#[source] serde_json::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        url: String,
        #[serde(default)]
        deep: bool,
    }

    const TEXT: &str = r#"{"user_id":"u","user_email":"u@example.com","job_id":7,
        "job_type":"ping","sleep_time":60,"rev":3,"enabled":true,"anchor":1,"updated_at":2,
        "url":"http://x/"}"#;

    #[test]
    fn core_fields_never_reach_a_type_that_denies_unknown_ones() {
        let job = Job::<Strict>::parse(TEXT).unwrap();
        assert_eq!(job.own.url, "http://x/");
        assert_eq!((job.job_id, job.sleep_time), (7, 60));
        assert_eq!(job.key(), "u-7");
    }

    #[test]
    fn an_unknown_own_field_is_refused_only_where_the_author_says_so() {
        let text = TEXT.replace("\"url\"", "\"depth\":1,\"url\"");
        let refused = Job::<Strict>::parse(&text).unwrap_err().to_string();
        assert!(refused.contains("unknown field `depth`"), "{refused}");
        assert_eq!(Job::<Value>::parse(&text).unwrap().own["depth"], 1);
    }

    #[test]
    fn own_types_may_flatten() {
        #[derive(Deserialize)]
        struct Open {
            #[serde(flatten)]
            rest: std::collections::BTreeMap<String, Value>,
        }
        let job = Job::<Open>::parse(TEXT).unwrap();
        assert_eq!(job.own.rest.keys().collect::<Vec<_>>(), ["url"]);
    }

    #[test]
    fn what_is_no_job_says_why() {
        for (text, why) in [
            ("nonsense", "no JSON object"),
            ("[1]", "no JSON object"),
            (r#"{"user_id":"u"}"#, "missing field `user_email`"),
            (&TEXT.replace(":7,", ":-1,"), "the message is no job"),
            (&TEXT.replace("\"url\"", "\"link\""), "own fields"),
        ] {
            let told = Job::<Strict>::parse(text).unwrap_err().to_string();
            assert!(told.contains(why), "{told}");
        }
    }
}
