//! What is still to be done once a change of the stack is through, written down before it begins.
//!
//! The note lies beside the zips in the asset bucket. Whatever stops a deploy after the stack has
//! changed, the next one finds nothing to change, but the note, and works it off. It goes last.

use super::note::Note;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is due after a change, besides the check that it works.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Due {
    /// The change set: it tells one deploy's note from another's.
    pub change: String,
    /// The newest event of the stack before the change, where its history begins.
    pub since: Option<String>,
    /// Job types whose jobs go with them.
    pub delete: BTreeSet<String>,
    /// Whether kept data was taken over, whose note is to be forgotten.
    pub adopted: bool,
    /// Whether schedules may point at what is gone, or be missing.
    pub reconcile: bool,
}

impl Due {
    /// With what an earlier deploy left undone. What was decided now about jobs whose type goes
    /// (whether they go too) counts more than what was decided then.
    #[must_use]
    pub fn following(self, earlier: Option<Self>, decided: &BTreeMap<String, bool>) -> Self {
        let earlier = earlier.unwrap_or_default();
        let left = earlier.delete.into_iter().filter(|name| !decided.contains_key(name));
        let now = decided.iter().filter(|(_, go)| **go).map(|(name, _)| name.clone());
        Self {
            change: if self.change.is_empty() { earlier.change } else { self.change },
            since: earlier.since.or(self.since),
            delete: left.chain(now).collect(),
            adopted: earlier.adopted || self.adopted,
            reconcile: earlier.reconcile || self.reconcile,
        }
    }
}

impl Note for Due {
    fn key(stack: &str) -> String {
        format!("due/{stack}.json")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(delete: &[&str]) -> Due {
        let delete = delete.iter().map(ToString::to_string).collect();
        Due { change: "first".into(), since: Some("then".into()), delete, ..Due::default() }
    }

    #[test]
    fn what_is_decided_now_counts_more_than_what_was_left_undone() {
        let now = Due { change: "second".into(), since: Some("now".into()), ..Due::default() };
        let decided = [("ping".to_owned(), false), ("pong".to_owned(), true)].into();
        let both = now.following(Some(due(&["ping", "pang"])), &decided);
        assert_eq!(both.delete, ["pang".to_owned(), "pong".to_owned()].into());
        assert_eq!((both.change.as_str(), both.since.as_deref()), ("second", Some("then")));
    }
}
