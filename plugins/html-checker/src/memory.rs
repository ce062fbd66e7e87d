//! What is remembered of a job between two runs.
//!
//! One object a job, `<user_id>-<job_id>`. It is only ever written over the writing that was read,
//! so that of two runs at once one gets through and the other is told.

use scheduler_plugin::state::{State, StateError, Version};
use scheduler_plugin::warn;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The page as the last run saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Where it was.
    pub(crate) url: String,
    /// Its lines.
    pub(crate) text: String,
    /// What its owner has not been told yet.
    pub(crate) unsent: Option<News>,
}

/// A change that its owner is to hear of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct News {
    /// The owner's address.
    pub(crate) to: String,
    /// The page.
    pub(crate) url: String,
    /// The change.
    pub(crate) diff: String,
    /// Whether there is more of it.
    pub(crate) cut: bool,
    /// The tick that found it.
    pub(crate) tick: String,
}

/// A job's memory, and which writing of it this is.
pub(crate) struct Memory<'a> {
    state: &'a State,
    key: String,
    version: Option<Version>,
    /// How long ago it was written.
    pub(crate) age: Duration,
    /// What it holds; nothing before the first run.
    pub(crate) seen: Option<Seen>,
}

impl<'a> Memory<'a> {
    /// Reads the memory of a job. What cannot be understood counts as none and is written over.
    pub(crate) async fn recall(state: &'a State, key: String) -> Result<Self, StateError> {
        let Some(stored) = state.get(&key).await? else {
            return Ok(Self { state, key, version: None, age: Duration::ZERO, seen: None });
        };
        let seen = serde_json::from_slice(&stored.bytes);
        if let Err(why) = &seen {
            warn("state not understood", &[("job", &key), ("reason", &why.to_string())]);
        }
        let (version, age) = (Some(stored.version), stored.age);
        Ok(Self { state, key, version, age, seen: seen.ok() })
    }

    /// Writes what was seen over what was read.
    pub(crate) async fn keep(&mut self, seen: Seen) -> Result<(), StateError> {
        let bytes = serde_json::to_vec(&seen).map_err(|e| StateError::Place(e.to_string()))?;
        let written = match &self.version {
            Some(read) => self.state.replace(&self.key, bytes, read).await?,
            None => self.state.create(&self.key, bytes).await?,
        };
        self.version = Some(written);
        self.age = Duration::ZERO;
        self.seen = Some(seen);
        Ok(())
    }
}
