//! A job's place in the table, its text form, and the name of its schedule.

use sha2::{Digest, Sha256};
use std::fmt::{self, Write as _};
use std::str::FromStr;

/// The longest name of a schedule, `[0-9a-zA-Z-_.]{1,64}` (API reference of EventBridge
/// Scheduler).
pub const SCHEDULE_NAME_MAX: usize = 64;

/// What a hashed name starts with.
const HASHED: &str = "h.";

/// Bytes of SHA-256 in a hashed name: two hex digits each beside [`HASHED`].
const HASH_BYTES: usize = (SCHEDULE_NAME_MAX - HASHED.len()) / 2;

/// The table's key of a job. Printed as the contract's `scheduler_id`: `<user_id>-<job_id>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobKey {
    /// Partition key.
    pub user_id: String,
    /// Sort key.
    pub job_id: u64,
}

/// A text that is no `scheduler_id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyError(String);

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not of the form `<user_id>-<job_id>` with a job id of 0 or more", self.0)
    }
}

impl std::error::Error for KeyError {}

impl JobKey {
    /// The name of this job's schedule, see [`schedule_name`].
    #[must_use]
    pub fn schedule_name(&self) -> String {
        schedule_name(&self.to_string())
    }
}

impl fmt::Display for JobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.user_id, self.job_id)
    }
}

impl FromStr for JobKey {
    type Err = KeyError;

    /// A job id holds no hyphen, so the last one parts the two, whatever the user is called.
    fn from_str(scheduler_id: &str) -> Result<Self, KeyError> {
        let parts = scheduler_id.rsplit_once('-');
        let key = parts.and_then(|(user_id, job_id)| {
            Some(Self { user_id: user_id.to_owned(), job_id: job_id.parse().ok()? })
        });
        // One spelling a key: `u-07`, `u-+7` and an empty user are somebody else's.
        key.filter(|key| !key.user_id.is_empty() && key.to_string() == scheduler_id)
            .ok_or_else(|| KeyError(scheduler_id.to_owned()))
    }
}

/// The name of the schedule (and of the message group) of a `scheduler_id`.
///
/// The id itself where it fits a name's length and alphabet, else `h.` and a hash of it. Two ids
/// never share a name: an id that itself begins with `h.` is hashed too, and an id belongs to
/// one pair of user and job.
#[must_use]
pub fn schedule_name(scheduler_id: &str) -> String {
    if is_plain(scheduler_id) { scheduler_id.to_owned() } else { hashed(scheduler_id) }
}

fn is_plain(id: &str) -> bool {
    let fits = (1..=SCHEDULE_NAME_MAX).contains(&id.len());
    let allowed = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
    fits && id.bytes().all(allowed) && !id.starts_with(HASHED)
}

fn hashed(id: &str) -> String {
    let digest = Sha256::digest(id.as_bytes());
    let mut name = HASHED.to_owned();
    for byte in digest.iter().take(HASH_BYTES) {
        // Writing to a string cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(user_id: &str, job_id: u64) -> String {
        JobKey { user_id: user_id.to_owned(), job_id }.schedule_name()
    }

    #[test]
    fn a_short_plain_id_is_its_own_name() {
        assert_eq!(name("google_103", 7), "google_103-7");
        assert_eq!(name(&"u".repeat(62), 7), format!("{}-7", "u".repeat(62)));
    }

    #[test]
    fn a_long_odd_or_hash_like_id_is_hashed_into_exactly_64_characters() {
        for user in [&"u".repeat(63), "a@b.example", "ünï", "h.abc", "a b"] {
            let name = name(user, 7);
            assert_eq!(name.len(), SCHEDULE_NAME_MAX, "{name}");
            assert!(name.starts_with("h."), "{name}");
        }
    }

    #[test]
    fn names_of_deployed_schedules_never_change() {
        assert_eq!(
            name("someone@example.com", 0),
            "h.a9a28d534ed886ed451f1a2c4a8aba169328854da03136b15d25f669600734"
        );
    }

    #[test]
    fn other_spellings_of_a_key_are_refused() {
        for id in ["", "-", "-1", "u", "u-", "u-07", "u-+7", "u-1.5", "u-x", "u--1x"] {
            assert!(id.parse::<JobKey>().is_err(), "{id}");
        }
    }

    proptest! {
        #[test]
        fn a_key_survives_its_text(user_id in "[a-z0-9.@_-]{1,12}|\\PC{1,90}", job_id in any::<u64>()) {
            let key = JobKey { user_id, job_id };
            prop_assert_eq!(key.to_string().parse::<JobKey>(), Ok(key));
        }

        #[test]
        fn names_fit_and_two_keys_never_share_one(
            users in prop::collection::vec("(h\\.)?[ab-]{0,3}[0-9.-]{0,3}[é@]?|h\\.[0-9a-f]{60}|[a-]{60,66}", 2),
            ids in prop::collection::vec(0u64..12, 2),
        ) {
            let names: Vec<_> = users.iter().zip(&ids).map(|(user, id)| name(user, *id)).collect();
            let same = users[0] == users[1] && ids[0] == ids[1];
            prop_assert_eq!(names[0] == names[1], same);
            for name in names {
                prop_assert!((1..=SCHEDULE_NAME_MAX).contains(&name.len()));
                prop_assert!(name.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c)));
            }
        }
    }
}
