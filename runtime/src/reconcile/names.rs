//! Names of schedules in their order, cut into ranges: what one pass holds in memory.
//!
//! Schedules are only listed by prefix, and nothing says in which order. So a range is made of whole
//! prefixes, one after the other.

use scheduler_contract::SCHEDULE_NAME_MAX;

/// The characters of a name, in the order of their bytes (API reference of EventBridge Scheduler,
/// `Name`: `[0-9a-zA-Z-_.]+`).
const ALPHABET: &[u8] = b"-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// Names from one on, up to another that is no longer meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) from: String,
    /// `None`: all that follow.
    pub(super) to: Option<String>,
}

impl Range {
    pub(super) fn contains(&self, name: &str) -> bool {
        name >= self.from.as_str() && self.to.as_deref().is_none_or(|to| name < to)
    }
}

/// The prefix that comes after all names with this one.
pub(super) fn after(prefix: &str) -> Option<String> {
    let mut prefix = prefix.to_owned();
    while let Some(last) = prefix.pop() {
        if let Some(next) = ALPHABET.iter().map(|c| char::from(*c)).find(|c| *c > last) {
            prefix.push(next);
            return Some(prefix);
        }
    }
    None
}

/// The first prefix that is one character longer; the name that is the prefix itself comes before
/// it. `None` where no name is longer.
pub(super) fn first_within(prefix: &str) -> Option<String> {
    let first = ALPHABET.first().map(|c| char::from(*c));
    let first = first.filter(|_| prefix.len() < SCHEDULE_NAME_MAX);
    first.map(|first| format!("{prefix}{first}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_is_that_of_names_in_order() {
        assert!(ALPHABET.is_sorted());
        let allowed = |c: &u8| c.is_ascii_alphanumeric() || b"-_.".contains(c);
        assert_eq!(ALPHABET.len(), (0..=u8::MAX).filter(allowed).count());
    }

    #[test]
    fn prefixes_follow_each_other_without_a_gap() {
        assert_eq!(after("a"), Some("b".to_owned()));
        assert_eq!(after("-"), Some(".".to_owned()));
        assert_eq!(after("az"), Some("b".to_owned()));
        assert_eq!(after("zz"), None);
        assert_eq!(after(""), None);
        assert_eq!(first_within("a"), Some("a-".to_owned()));
        assert_eq!(first_within(&"a".repeat(64)), None);
        // A cursor that somebody else wrote.
        assert_eq!(after("a~"), Some("b".to_owned()));
        assert_eq!(after("ü"), None);
    }
}
