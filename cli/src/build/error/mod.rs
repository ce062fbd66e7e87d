//! Why something could not be built: what failed, which file, how to repair it.

mod contents;
mod node;
mod packages;
mod place;

pub use contents::ContentsError;
pub use node::NodeError;
pub use packages::PackagesError;

use std::io;
use std::path::Path;

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The project has to change first: exit 2.
    Input,
    /// A compiler, a script, a missing tool or the disk: exit 1.
    Failure,
}

/// A unit that could not be built.
#[derive(Debug, thiserror::Error)]
#[error("`{unit}` was not built: {error}")]
pub struct BuildFailure {
    /// The unit's name.
    pub unit: String,
    /// Why. Its text is part of this failure's own.
    pub error: BuildError,
}

/// Why something could not be built. Paths are relative to the project where they lie in it.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// `[build].run` names no file.
    #[error("there is no script `{script}`")]
    ScriptMissing {
        /// The file.
        script: String,
    },
    /// The script has no executable bit.
    #[error("the script `{script}` is not executable")]
    ScriptNotExecutable {
        /// The file.
        script: String,
    },
    /// The system would not start the script.
    #[error("the script `{script}` could not be started: {source}")]
    ScriptUnstartable {
        /// The file.
        script: String,
        /// What the system says.
        source: io::Error,
    },
    /// The script said that it failed.
    #[error("the script `{script}` failed ({status})")]
    ScriptFailed {
        /// The file.
        script: String,
        /// Exit code or signal.
        status: String,
        /// What it printed.
        log: Log,
    },
    /// The script left nothing.
    #[error("the script `{script}` ended well but left no `{zip}`")]
    NoZip {
        /// The script.
        script: String,
        /// The file that it should have left.
        zip: String,
        /// What it printed.
        log: Log,
    },
    /// The script left what was there before it ran.
    #[error("the script `{script}` ended well but did not write `{zip}`: the file is an old one")]
    OldZip {
        /// The script.
        script: String,
        /// The file that it should have written.
        zip: String,
        /// What it printed.
        log: Log,
    },
    /// A `zip` unit's file is not there.
    #[error("there is no zip `{zip}`")]
    ZipMissing {
        /// The file.
        zip: String,
    },
    /// It is there, but no zip.
    #[error("`{zip}` is not a zip that can be read: {reason}")]
    ZipUnreadable {
        /// The file.
        zip: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An entry would be unpacked outside of the function's folder.
    #[error("`{zip}` holds the entry `{entry}`, which lies outside of the zip's own folder")]
    EntryOutside {
        /// The file.
        zip: String,
        /// The entry.
        entry: String,
    },
    /// Two entries would be one file.
    #[error("`{zip}` holds the entry `{entry}` twice, with different contents")]
    EntryTwice {
        /// The file.
        zip: String,
        /// The entry.
        entry: String,
    },
    /// An entry lies in what is no folder.
    #[error("`{zip}` holds the entry `{entry}`, and `{above}` in it is no folder")]
    EntryBelow {
        /// The file.
        zip: String,
        /// The entry.
        entry: String,
        /// The file or the link that it would lie in.
        above: String,
    },
    /// A link of a zip leads to something that is not the zip's.
    #[error(
        "`{zip}` holds the link `{entry}`, whose target `{target}` may lie outside of the zip's own \
         folder"
    )]
    LinkOutside {
        /// The file.
        zip: String,
        /// The link.
        entry: String,
        /// Where it leads.
        target: String,
    },
    /// A link that would be packed leads nowhere.
    #[error("the link `{link}` leads to `{target}`, {why}")]
    LinkNowhere {
        /// The link.
        link: String,
        /// Where it leads.
        target: String,
        /// What is wrong with that.
        why: &'static str,
    },
    /// Over a limit of Lambda.
    #[error("`{zip}` has {bytes} bytes {state}, Lambda takes at most {limit}")]
    TooLarge {
        /// The file.
        zip: String,
        /// `zipped` or `unpacked`.
        state: &'static str,
        /// How many it has at least.
        bytes: u64,
        /// How many it may have.
        limit: u64,
    },
    /// A Rust unit's folder holds no package.
    #[error("there is no `{manifest}`")]
    PackageMissing {
        /// The missing manifest.
        manifest: String,
    },
    /// The zip would not run.
    #[error(transparent)]
    Contents(#[from] ContentsError),
    /// The packages that the function needs could not be had.
    #[error(transparent)]
    Packages(#[from] PackagesError),
    /// The same for Node, or its bundle could not be made.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// A tool that the build needs is not there.
    #[error(transparent)]
    MissingTool(#[from] MissingTool),
    /// The compiler said no.
    #[error("cargo could not build `{package}` ({status})")]
    CompileFailed {
        /// The package's folder.
        package: String,
        /// Exit code or signal.
        status: String,
        /// What it printed.
        log: Log,
    },
    /// The compiler said yes, but left no binary.
    #[error("cargo built `{package}` but left no binary `{bin}`")]
    BinaryMissing {
        /// The package's folder.
        package: String,
        /// The binary target.
        bin: String,
    },
    /// The binary would not run on the function's processor.
    #[error("{bin} is {found}, but the function runs on {wanted}")]
    WrongBinary {
        /// The file, or what else it is called.
        bin: String,
        /// What it is.
        found: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// A tool built from a checkout needs that checkout.
    #[error("the checkout that this `scheduler` was built from is gone: there is no `{manifest}`")]
    CheckoutGone {
        /// The runtime's manifest there.
        manifest: String,
    },
    /// Reading or writing failed.
    #[error("could not {doing}: {source}")]
    Io {
        /// What was tried, with the file.
        doing: String,
        /// What the system says.
        source: io::Error,
    },
}

/// A tool that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MissingTool {
    /// No `cargo`.
    #[error("Rust's `cargo` is not installed")]
    Cargo,
    /// No `cargo lambda`.
    #[error("`cargo lambda`, which builds Rust for AWS, is not installed")]
    CargoLambda,
    /// No Zig for it, and it would fetch one by itself.
    #[error("`cargo lambda` finds no Zig, which links for AWS")]
    Zig,
    /// No `python3`.
    #[error("`python3`, which installs the plugin's requirements, is not there")]
    Python,
    /// No `pip` for it.
    #[error("`python3` has no `pip`, which installs the plugin's requirements")]
    Pip,
    /// No `node` or no `npm`.
    #[error("Node.js with its `npm`, which installs the plugin's packages, is not there")]
    Node,
    /// No standard library for the processor.
    #[error("Rust's standard library for `{0}` is not installed")]
    RustTarget(&'static str),
}

/// What a child process printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The file that keeps all of it.
    pub path: String,
    /// Its end, or all of it.
    pub text: String,
}

impl BuildFailure {
    pub(super) fn new(unit: &str, error: BuildError) -> Self {
        Self { unit: unit.to_owned(), error }
    }

    /// Whose turn it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        self.error.fault()
    }

    /// How to repair it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.error.hint()
    }

    /// What the compiler or the script printed, to be shown as it is.
    #[must_use]
    pub fn output(&self) -> Option<&Log> {
        self.error.output()
    }
}

impl BuildError {
    pub(super) fn io(verb: &str, path: &Path, source: io::Error) -> Self {
        Self::Io { doing: format!("{verb} `{}`", path.display()), source }
    }

    /// Whose turn it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Packages(error) => error.fault(),
            Self::Node(error) => error.fault(),
            Self::Contents(_) => Fault::Input,
            Self::ScriptMissing { .. }
            | Self::ScriptNotExecutable { .. }
            | Self::NoZip { .. }
            | Self::OldZip { .. }
            | Self::ZipMissing { .. }
            | Self::ZipUnreadable { .. }
            | Self::EntryOutside { .. }
            | Self::EntryTwice { .. }
            | Self::EntryBelow { .. }
            | Self::LinkOutside { .. }
            | Self::LinkNowhere { .. }
            | Self::TooLarge { .. }
            | Self::PackageMissing { .. } => Fault::Input,
            Self::ScriptUnstartable { .. }
            | Self::ScriptFailed { .. }
            | Self::MissingTool(_)
            | Self::CompileFailed { .. }
            | Self::BinaryMissing { .. }
            | Self::WrongBinary { .. }
            | Self::CheckoutGone { .. }
            | Self::Io { .. } => Fault::Failure,
        }
    }

    /// How to repair it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::ScriptMissing { .. } => "write it, or name another one in `[build].run`".into(),
            Self::ScriptNotExecutable { script } => format!("`chmod +x {script}`"),
            Self::ScriptUnstartable { .. } => {
                "is the interpreter that its first line names installed?".into()
            }
            Self::ScriptFailed { log, .. } | Self::CompileFailed { log, .. } => {
                format!("all that it printed is in `{}`", log.path)
            }
            Self::NoZip { .. } => {
                "make the script leave its zip there, or name another file in `[build].zip`".into()
            }
            Self::OldZip { zip, .. } => {
                format!("make the script write it anew each time, or remove `{zip}` first")
            }
            Self::ZipMissing { .. } => "make it, or name another file in `[build].zip`".into(),
            Self::ZipUnreadable { .. } | Self::EntryOutside { .. } => "make the zip anew".into(),
            Self::EntryTwice { .. } | Self::EntryBelow { .. } => {
                "make the zip anew, from an empty file, with each entry once".into()
            }
            Self::LinkOutside { .. } => {
                "make the zip anew, with the file itself, or with a link relative to its own folder \
                 that stays in the zip: `zip` without `--symlinks` packs the file"
                    .into()
            }
            Self::LinkNowhere { .. } => "remove the link, or put something where it leads".into(),
            Self::TooLarge { .. } => "leave out what the function does not need to run".into(),
            Self::PackageMissing { .. } => {
                "`cargo init` makes a package; for another kind of code see `[build].kind`".into()
            }
            Self::MissingTool(tool) => tool.hint(),
            Self::Packages(error) => error.hint(),
            Self::Node(error) => error.hint(),
            Self::Contents(error) => error.hint(),
            Self::BinaryMissing { .. } => "is there such a `[[bin]]` in its `Cargo.toml`?".into(),
            Self::WrongBinary { .. } => {
                "does a setting of the package or of cargo choose another target?".into()
            }
            Self::CheckoutGone { .. } => {
                "put it back, build `scheduler` anew, or install a published one, which needs no \
                 checkout"
                    .into()
            }
            Self::Io { .. } => return None,
        })
    }

    /// What the compiler or the script printed, to be shown as it is.
    #[must_use]
    pub fn output(&self) -> Option<&Log> {
        match self {
            Self::ScriptFailed { log, .. }
            | Self::NoZip { log, .. }
            | Self::OldZip { log, .. }
            | Self::CompileFailed { log, .. } => Some(log),
            Self::Packages(error) => error.output(),
            Self::Node(error) => error.output(),
            _ => None,
        }
    }
}

impl MissingTool {
    /// How to get it.
    #[must_use]
    pub fn hint(self) -> String {
        match self {
            Self::Cargo => "install Rust: https://rustup.rs".into(),
            Self::CargoLambda => "`pip install cargo-lambda` (brings the Zig that it links with), \
                                  or see https://www.cargo-lambda.info/guide/installation.html"
                .into(),
            Self::Zig => "`pip install ziglang`, or see https://ziglang.org/download".into(),
            Self::Python => "install Python 3 with its pip, and have it on the PATH".into(),
            Self::Pip => "`python3 -m ensurepip`, or the system's package `python3-pip`".into(),
            Self::Node => "install Node.js: https://nodejs.org".into(),
            Self::RustTarget(target) => format!("`rustup target add {target}`"),
        }
    }
}
