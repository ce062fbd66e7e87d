//! What stands in the way of a deploy, before one is tried.
//!
//! In: the project as decided, the machine's tools, the account. Out: a [`Finding`] each, with its
//! repair. Deliberately absent: changing anything.

mod account;
mod quotas;
#[cfg(test)]
mod replay_tests;
mod tools;

pub use account::{account, credentials};
pub use quotas::Needs;
pub use tools::tools;

use serde::Serialize;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// It will do, but not for long.
    Warning,
    /// A deploy would fail.
    Failed,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, in a word or two.
    pub name: String,
    /// How it is.
    pub state: State,
    /// What was found.
    pub what: String,
    /// How to repair it.
    pub hint: Option<String>,
}

impl Finding {
    /// As it should be.
    #[must_use]
    pub fn ok(name: &str, what: impl Into<String>) -> Self {
        Self { name: name.into(), state: State::Ok, what: what.into(), hint: None }
    }

    /// A deploy would fail.
    #[must_use]
    pub fn failed(name: &str, what: impl Into<String>, hint: Option<String>) -> Self {
        Self { name: name.into(), state: State::Failed, what: what.into(), hint }
    }

    /// It will do, but not for long.
    #[must_use]
    pub fn warning(name: &str, what: impl Into<String>, hint: Option<String>) -> Self {
        Self { name: name.into(), state: State::Warning, what: what.into(), hint }
    }
}
