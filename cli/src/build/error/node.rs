//! Why the packages or the bundle of a Node plugin could not be had.

use super::{Fault, Log};

/// Differences that are told.
const TOLD: usize = 5;

/// Why the packages or the bundle of a Node plugin could not be had. Files are relative to the
/// project.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The lock file pins something else than `package.json` asks for.
    #[error("{lock}:1:1: it does not fit the `package.json` beside it: {}", told(differences))]
    OldLock {
        /// The file.
        lock: String,
        /// What npm says, a line each.
        differences: Vec<String>,
    },
    /// A package says itself that it does not run there.
    #[error("{lock}:1:1: the package `{package}` does not run there: it wants {wants}")]
    OtherPlatform {
        /// The lock file.
        lock: String,
        /// The package with its version.
        package: String,
        /// Where it runs, in npm's words.
        wants: String,
    },
    /// A package's binary is for another machine.
    #[error(
        "{} a native addon for another platform: `{file}` is {found}, and the function runs on \
         Linux on {wanted}",
        owner(package)
    )]
    OtherAddon {
        /// The package; empty where it is the plugin's own file.
        package: String,
        /// The file, relative to the zip.
        file: String,
        /// What it is.
        found: String,
        /// The function's processor.
        wanted: &'static str,
    },
    /// Something else that npm says.
    #[error("npm could not install `{lock}` ({status})")]
    NpmFailed {
        /// The lock file.
        lock: String,
        /// Exit code or signal.
        status: String,
        /// What it printed.
        log: Log,
    },
    /// The bundle holds what nothing pins.
    #[error("`{module}` imports `{file}` of a folder above, which its lock file does not pin")]
    Unnamed {
        /// The handler's module.
        module: String,
        /// The file, without the way up to it.
        file: String,
    },
    /// esbuild said no.
    #[error("esbuild could not bundle `{module}` ({status})")]
    BundleFailed {
        /// The handler's module.
        module: String,
        /// Exit code or signal.
        status: String,
        /// What it printed.
        log: Log,
    },
}

fn told(differences: &[String]) -> String {
    let more = match differences.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let first: Vec<_> = differences.iter().take(TOLD).map(String::as_str).collect();
    first.join("; ") + &more
}

fn owner(package: &str) -> String {
    match package {
        "" => "the plugin has".to_owned(),
        _ => format!("the package `{package}` has"),
    }
}

impl NodeError {
    pub(super) fn file(&self) -> Option<&str> {
        match self {
            Self::OldLock { lock, .. }
            | Self::OtherPlatform { lock, .. }
            | Self::NpmFailed { lock, .. } => Some(lock),
            Self::Unnamed { module, .. } | Self::BundleFailed { module, .. } => Some(module),
            Self::OtherAddon { .. } => None,
        }
    }

    pub(super) fn fault(&self) -> Fault {
        match self {
            Self::OldLock { .. }
            | Self::OtherPlatform { .. }
            | Self::OtherAddon { .. }
            | Self::Unnamed { .. } => Fault::Input,
            Self::NpmFailed { .. } | Self::BundleFailed { .. } => Fault::Failure,
        }
    }

    pub(super) fn hint(&self) -> String {
        match self {
            Self::OldLock { .. } => {
                "`npm install --package-lock-only` in the folder writes it anew".into()
            }
            Self::OtherPlatform { .. } => {
                "take it out of `dependencies`, or name a package that runs on Linux".into()
            }
            Self::OtherAddon { .. } => {
                "name a version that brings one for it: scripts of packages, which would compile \
                 one, are not run; `kind = \"command\"` can run a script of your own that does"
                    .into()
            }
            Self::Unnamed { .. } => "`npm install` the package in the plugin's own folder".into(),
            Self::NpmFailed { log, .. } | Self::BundleFailed { log, .. } => {
                format!("all that it printed is in `{}`", log.path)
            }
        }
    }

    pub(super) fn output(&self) -> Option<&Log> {
        match self {
            Self::NpmFailed { log, .. } | Self::BundleFailed { log, .. } => Some(log),
            Self::OldLock { .. }
            | Self::OtherPlatform { .. }
            | Self::OtherAddon { .. }
            | Self::Unnamed { .. } => None,
        }
    }
}
