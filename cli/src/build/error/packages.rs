//! Why the packages that a function needs could not be had.

use super::{Fault, Log};
use scheduler_plan::problem::Place;

/// Versions that are told where the wanted one is not there.
const TOLD: usize = 5;

/// Why the packages that a function needs could not be had. Files are relative to the project.
#[derive(Debug, thiserror::Error)]
pub enum PackagesError {
    /// The package index has nothing that would run on the machine.
    #[error("{place}: there is no wheel of `{requirement}` for {machine}{}", instead(wheels))]
    NoWheel {
        /// The line that asks for it.
        place: Place,
        /// The requirement.
        requirement: Box<str>,
        /// Where it would run.
        machine: Box<str>,
        /// The versions that would run there, oldest first.
        versions: Vec<String>,
        /// The wheels of that version that there are, which run elsewhere.
        wheels: Box<[String]>,
    },
    /// The requirements leave open what their packages need.
    #[error("{file}:1:1: its packages need others, which it does not pin: {}", quoted(others))]
    Unpinned {
        /// The file.
        file: String,
        /// The missing lines, `name==version`.
        others: Vec<String>,
    },
    /// Something else that pip says.
    #[error("pip could not install `{file}` ({status})")]
    PipFailed {
        /// The file.
        file: String,
        /// Exit code or signal.
        status: String,
        /// What it printed.
        log: Log,
    },
}

fn instead(wheels: &[String]) -> String {
    match wheels {
        [] => String::new(),
        _ => format!("; there is {}", quoted(&wheels[..wheels.len().min(TOLD)])),
    }
}

fn quoted(names: &[String]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

impl PackagesError {
    pub(super) fn file(&self) -> &str {
        match self {
            Self::NoWheel { place, .. } => &place.path,
            Self::Unpinned { file, .. } | Self::PipFailed { file, .. } => file,
        }
    }

    pub(super) fn fault(&self) -> Fault {
        match self {
            Self::NoWheel { .. } | Self::Unpinned { .. } => Fault::Input,
            Self::PipFailed { .. } => Fault::Failure,
        }
    }

    pub(super) fn hint(&self) -> String {
        match self {
            Self::NoWheel { versions, .. } if versions.is_empty() => {
                "name a version or a package that has one; `kind = \"command\"` can run a script of your own \
                 that compiles it"
                    .into()
            }
            Self::NoWheel { versions, .. } => {
                let newest = versions.len().saturating_sub(TOLD);
                format!("there is one of {}", quoted(&versions[newest..]))
            }
            Self::Unpinned { .. } => "add these lines to the file".into(),
            Self::PipFailed { log, .. } => {
                format!("all that it printed is in `{}`", log.path)
            }
        }
    }

    pub(super) fn output(&self) -> Option<&Log> {
        match self {
            Self::PipFailed { log, .. } => Some(log),
            Self::NoWheel { .. } | Self::Unpinned { .. } => None,
        }
    }
}
