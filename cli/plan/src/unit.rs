//! What has to be built, and what was.

use crate::app::Bundle;
use crate::names::Architecture;
use serde::{Deserialize, Serialize};

/// One zip to make. Paths are relative to the project, with forward slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildUnit {
    /// `core`, or the plugin's name.
    pub name: String,
    /// The processor that it is built for.
    pub architecture: Architecture,
    /// Lambda's runtime, such as `provided.al2023`.
    pub runtime: String,
    /// Lambda's handler; `bootstrap` where the runtime has none.
    pub handler: String,
    /// Whether layers bring a part of what it needs.
    pub layered: bool,
    /// Files and folders that count beside those that the kind reads by itself; for a command in
    /// place of its folder, where there are some.
    pub inputs: Vec<String>,
    /// How.
    pub kind: UnitKind,
}

/// How a zip is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitKind {
    /// The core functions' one `bootstrap`, with `job_types.json` beside it.
    Core {
        /// The text of `job_types.json`: canonical JSON, sorted.
        job_types: String,
    },
    /// A Rust package.
    Rust {
        /// The package's folder.
        dir: String,
        /// The binary target that becomes `bootstrap`.
        bin: String,
    },
    /// The modules of a folder, and the wheels that they need.
    Python {
        /// The plugin's folder.
        dir: String,
        /// Files of the folder that the zip does not hold, relative to it.
        without: Vec<String>,
        /// The file of pinned requirements, relative to the folder.
        requirements: Option<String>,
    },
    /// The JavaScript modules of a folder, and the packages that they need.
    Node {
        /// The plugin's folder.
        dir: String,
        /// Files of the folder that the zip does not hold, relative to it.
        without: Vec<String>,
        /// The lock file of the packages, relative to the folder.
        lock: Option<String>,
        /// How the modules become one file; `None`: the zip holds them as they are.
        bundle: Option<Bundle>,
    },
    /// A script of the plugin's own.
    Command {
        /// The plugin's folder, in which it runs.
        dir: String,
        /// The executable, relative to `dir`.
        run: String,
        /// The zip that it leaves, relative to `dir`.
        zip: String,
    },
    /// A zip that is there already.
    Zip {
        /// The file, relative to the project.
        path: String,
    },
}

/// A zip that was built: one row of `.scheduler/build/manifest.json` and of `build --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// The unit's name.
    pub name: String,
    /// The zip, relative to the project, with forward slashes.
    pub path: String,
    /// Of the zip's bytes, lower-case hex; also the object's key in the asset bucket.
    pub sha256: String,
    /// The zip's size.
    pub bytes: u64,
    /// Whether nothing had to be done.
    pub cached: bool,
}
