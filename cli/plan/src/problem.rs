//! A problem in what the user wrote: where, what, and how to repair it.

use crate::code::Code;
use crate::explain::repair;
use serde::Serialize;
use std::fmt;

/// A place in a file: line and column count from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// Relative to the project, with forward slashes.
    pub path: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl Place {
    /// The whole file, where no line is to blame: its first character.
    #[must_use]
    pub fn file(path: &str) -> Self {
        Self { path: path.into(), line: 1, column: 1 }
    }

    /// The place of a byte offset of `text`.
    #[must_use]
    pub fn at(path: &str, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            path: path.into(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// Whether a problem stops the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is built or deployed.
    Error,
    /// Told, and the work goes on.
    Warning,
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// Whether it stops the work.
    pub severity: Severity,
    /// Which kind of mistake it is.
    pub code: Code,
    /// What is wrong: lower case, names in backticks, no trailing full stop.
    pub what: String,
    /// How to repair it: what its code says of that, where nobody knows better.
    pub hint: String,
}

impl Problem {
    /// An error at a place.
    #[must_use]
    pub fn error(code: Code, place: Place, what: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, place, what.into())
    }

    /// A warning at a place.
    #[must_use]
    pub fn warning(code: Code, place: Place, what: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, place, what.into())
    }

    fn new(severity: Severity, code: Code, place: Place, what: String) -> Self {
        Self { place, severity, code, what, hint: repair(code) }
    }

    /// The same with a repair of its own.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.severity {
            Severity::Error => "",
            Severity::Warning => "warning: ",
        };
        let Self { place, what, code, hint, .. } = self;
        write!(f, "{place}: {kind}{what} [{code}]\n  hint: {hint}")
    }
}
