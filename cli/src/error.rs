//! The one error at the top, and the table of exit codes.

use crate::deploy::error::Told;
use crate::text;
use scheduler_plan::problem::{Place, Problem, Severity};
use serde::Serialize;
use std::process::ExitCode;

/// Why a command did not end with 0.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// What the user wrote has problems: exit 2.
    #[error("{}", counted(.0))]
    Problems(Vec<Problem>),
    /// The command line could not be read: exit 2.
    #[error("{}", .0.what)]
    Usage(Usage),
    /// The call itself was wrong: exit 2.
    #[error("{what}")]
    Input {
        /// What is wrong.
        what: String,
        /// How to repair it.
        hint: Option<String>,
    },
    /// Refused for safety: exit 3.
    #[error("{what}")]
    Refused {
        /// What was not done.
        what: String,
        /// How to go on.
        hint: Option<String>,
    },
    /// AWS, a tool, the disk, or a bug: exit 1.
    #[error("{what}")]
    Failed {
        /// What went wrong.
        what: String,
        /// What to do next.
        hint: Option<String>,
    },
    /// Zips that could not be built, each told already: exit 2 where it is for the user to change
    /// what they are made of, else 1.
    #[error("{what}")]
    Unbuilt {
        /// How many of how many.
        what: String,
        /// Each of them.
        zips: Vec<UnbuiltZip>,
        /// Whether all of them are the user's to mend.
        input: bool,
    },
    /// What a call or a stack operation ended with.
    #[error("{}", .0.what)]
    Cloud(Box<CloudFailure>),
    /// Ctrl-C while AWS was at it: exit 130, as a shell counts an interrupt.
    #[error("detached: what AWS has begun goes on by itself")]
    Detached {
        /// The command that comes back to it.
        come_back: String,
    },
    /// Ctrl-C at a question: exit 130.
    #[error("interrupted: {}", .done.as_deref().unwrap_or("nothing was changed"))]
    Interrupted {
        /// What had been changed before, if anything was.
        done: Option<String>,
    },
    /// Something failed, and the result says what: exit 1.
    #[error("the result says what failed")]
    Told,
    /// Differences were found where they were asked for: exit 4. They have been printed.
    #[error("there are differences")]
    Differences,
}

/// Why a zip could not be built: a problem without a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnbuiltZip {
    /// `core`, or the plugin's name.
    pub unit: String,
    /// The file to mend, or the manifest that asks for the zip.
    pub place: Place,
    /// Always an error.
    pub severity: Severity,
    /// What is wrong.
    pub what: String,
    /// How to repair it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// What a call or a stack operation ended with.
#[derive(Debug)]
pub struct CloudFailure {
    /// The exit code.
    pub code: u8,
    /// What went wrong.
    pub what: String,
    /// What to do next.
    pub hint: Option<String>,
    /// What is behind it, in AWS's own words.
    pub causes: Vec<Told>,
}

/// What is wrong with a command line.
#[derive(Debug)]
pub struct Usage {
    /// For people, whole: what is wrong, the repair, how the command is used.
    pub text: String,
    /// What is wrong.
    pub what: String,
    /// How to repair it.
    pub hint: Option<String>,
}

/// Where to read more of a problem than fits on its line.
const EXPLAIN: &str = "`scheduler check --explain CODE` says more of a code in brackets";

impl Failure {
    /// Exit 2, with a hint.
    pub fn input(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Input { what: what.into(), hint: Some(hint.into()) }
    }

    /// Exit 1, without a hint.
    pub fn failed(what: impl Into<String>) -> Self {
        Self::Failed { what: what.into(), hint: None }
    }

    /// The same where something had been changed before: it must not sound as if nothing was.
    #[must_use]
    pub fn after(self, done: &str) -> Self {
        let done = format!("{done}, and nothing else was changed");
        match self {
            Self::Interrupted { done: None } => Self::Interrupted { done: Some(done) },
            Self::Refused { what, hint } => Self::Refused { what: format!("{what}; {done}"), hint },
            other => other,
        }
    }

    /// How to go on.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Input { hint, .. } | Self::Refused { hint, .. } | Self::Failed { hint, .. } => {
                hint.as_deref()
            }
            Self::Usage(usage) => usage.hint.as_deref(),
            Self::Cloud(cloud) => cloud.hint.as_deref(),
            Self::Detached { come_back } => Some(come_back),
            Self::Problems(_) => Some(EXPLAIN),
            Self::Unbuilt { .. } | Self::Told | Self::Differences | Self::Interrupted { .. } => {
                None
            }
        }
    }

    /// 1 failed, 2 the user's input, 3 refused for safety, 4 differences found.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::Failed { .. } | Self::Told | Self::Unbuilt { input: false, .. } => 1,
            Self::Problems(_)
            | Self::Usage(_)
            | Self::Input { .. }
            | Self::Unbuilt { input: true, .. } => 2,
            Self::Refused { .. } => 3,
            Self::Differences => 4,
            Self::Detached { .. } | Self::Interrupted { .. } => 130,
            Self::Cloud(cloud) => cloud.code,
        }
    }
}

impl From<&Failure> for ExitCode {
    fn from(failure: &Failure) -> Self {
        Self::from(failure.code())
    }
}

fn counted(problems: &[Problem]) -> String {
    let warnings = problems.iter().filter(|one| one.severity == Severity::Warning).count();
    let errors = text::count(problems.len() - warnings, "problem");
    match warnings {
        0 => errors,
        _ => format!("{errors} and {}", text::count(warnings, "warning")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_before_is_not_told_as_nothing() {
        let done = "`mon-dev` was brought back";
        let refused = Failure::Refused { what: "not agreed to".into(), hint: None }.after(done);
        assert_eq!(
            refused.to_string(),
            "not agreed to; `mon-dev` was brought back, and nothing else was changed"
        );
        assert_eq!(refused.code(), 3);
        let interrupted = Failure::Interrupted { done: None };
        assert_eq!(interrupted.to_string(), "interrupted: nothing was changed");
        assert_eq!(
            interrupted.after(done).to_string(),
            "interrupted: `mon-dev` was brought back, and nothing else was changed"
        );
    }
}
