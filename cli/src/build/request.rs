//! What is asked of a build, and what it answers.

use super::error::BuildFailure;
use scheduler_plan::unit::{Artifact, BuildUnit};
use std::path::{Path, PathBuf};

/// What to build, for where.
#[derive(Debug, Clone)]
pub struct BuildRequest<'a> {
    /// The project's folder.
    pub project: &'a Path,
    /// The units, in the order in which the report lists them.
    pub units: &'a [BuildUnit],
    /// Where the zips will run.
    pub target: Target,
    /// Where the core functions' `bootstrap` comes from.
    pub core: CoreSource,
}

/// Where the zips will run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// On Lambda: Rust through cargo-lambda. Zips are `.scheduler/build/<name>-<architecture>.zip`.
    Aws,
    /// Here: Rust through plain cargo. Zips are `.scheduler/build/local/<name>.zip`, and each is
    /// unpacked beside it, into the folder `<name>`.
    Local,
}

impl Target {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Local => "local",
        }
    }
}

/// Where the core functions' `bootstrap` comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CoreSource {
    /// It is carried inside the tool.
    Embedded(&'static [u8]),
    /// It is built from this checkout, into the checkout's own `target`.
    Checkout(PathBuf),
}

impl CoreSource {
    /// What this binary of the tool brings: a published one carries the `bootstrap` (feature
    /// `embedded-runtime`, the file named by `SCHEDULER_BOOTSTRAP` when the tool was compiled),
    /// any other one knows the checkout that it was built from.
    #[must_use]
    pub fn of_this_binary() -> Self {
        #[cfg(feature = "embedded-runtime")]
        return Self::Embedded(include_bytes!(env!("SCHEDULER_BOOTSTRAP")));
        #[cfg(not(feature = "embedded-runtime"))]
        {
            let cli = Path::new(env!("CARGO_MANIFEST_DIR"));
            Self::Checkout(cli.parent().unwrap_or(cli).to_path_buf())
        }
    }
}

/// What came of it. Every unit is in one of the two lists.
#[derive(Debug, Default)]
pub struct BuildReport {
    /// The zips that are there now, in the order of the request.
    pub artifacts: Vec<Artifact>,
    /// What could not be built, in the order of the request.
    pub failures: Vec<BuildFailure>,
}
