//! What came of one event.

use std::fmt;
use std::time::{Duration, SystemTime};

/// One event, handled or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The answer's bytes, or why there is none.
    pub outcome: Result<Vec<u8>, InvokeError>,
    /// When the consumer got the event; where it never did, when it should have.
    pub started: SystemTime,
    /// From then on; the start of a child is not in it.
    pub duration: Duration,
    /// The last lines that the consumer printed, at most 64 of at most 1,000 characters.
    pub output: String,
    /// As the consumer saw it.
    pub request_id: String,
    /// The most memory that the child was seen with, MiB; `None` where nobody could look.
    pub peak_memory_mb: Option<u32>,
}

/// Why an event was not handled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// The handler said so.
    #[error("{}", raised("the handler failed", .kind, .message))]
    Handler {
        /// The error's type, such as `ValueError`; may be empty.
        kind: String,
        /// What it says.
        message: String,
        /// Where it came from, a line each.
        trace: Vec<String>,
    },
    /// It took longer than `timeout_seconds`.
    #[error("the consumer was not done within its {seconds} seconds, and was killed")]
    TimedOut {
        /// What it had.
        seconds: u64,
    },
    /// It took more than `memory_mb`.
    #[error(
        "the consumer took {used_mb} MB of memory, of the {limit_mb} MB that it may have, and was killed"
    )]
    OutOfMemory {
        /// What it may have.
        limit_mb: u32,
        /// What it had.
        used_mb: u32,
    },
    /// Its process ended in the middle of a run.
    #[error("the consumer's process ended in the middle of the run ({status})")]
    Exited {
        /// Exit code or signal.
        status: String,
    },
    /// It never came so far as to ask for an event.
    #[error("{}", raised("the consumer did not start", .kind, .message))]
    Init {
        /// The error's type, such as `Runtime.ImportModuleError`; may be empty.
        kind: String,
        /// What it says, or how the process ended.
        message: String,
        /// Where it came from, a line each.
        trace: Vec<String>,
    },
    /// There is nothing that could be started.
    #[error("`{program}` cannot be started: {reason}")]
    CannotStart {
        /// What would have been started.
        program: String,
        /// Why it cannot.
        reason: String,
        /// How to repair it.
        hint: Option<String>,
    },
    /// What it answered is no answer.
    #[error("the consumer's answer cannot be used: {reason}")]
    Garbage {
        /// Why not.
        reason: String,
    },
    /// The consumer was told to stop before or while it handled the event.
    #[error("the consumer was stopped before the run was done")]
    Stopped,
}

fn raised(what: &str, kind: &str, message: &str) -> impl fmt::Display {
    match (kind, message) {
        ("", "") => what.to_owned(),
        ("", text) | (text, "") => format!("{what}: {text}"),
        (kind, message) => format!("{what}: {kind}: {message}"),
    }
}

impl InvokeError {
    /// How to repair it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::CannotStart { hint, .. } => hint.clone(),
            Self::TimedOut { .. } => Some("raise `consumer.timeout_seconds`, or do less".into()),
            Self::OutOfMemory { .. } => Some("raise `consumer.memory_mb`, or keep less".into()),
            Self::Init { .. }
            | Self::Handler { .. }
            | Self::Exited { .. }
            | Self::Garbage { .. }
            | Self::Stopped => None,
        }
    }

    /// Where it came from, a line each; empty where nobody said.
    #[must_use]
    pub fn trace(&self) -> &[String] {
        match self {
            Self::Handler { trace, .. } | Self::Init { trace, .. } => trace,
            _ => &[],
        }
    }
}
