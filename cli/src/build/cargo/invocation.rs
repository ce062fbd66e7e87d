//! One call of cargo for one binary.

use crate::build::archive::expect_architecture;
use crate::build::error::{BuildError, MissingTool};
use crate::build::process::{self, Child, Ended, Unstarted};
use crate::build::request::Target;
use scheduler_plan::names::Architecture;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Amazon Linux 2023 has this one; a binary linked against a newer one does not start there.
const GLIBC: &str = "2.34";

/// Variables that would make one machine's binary another than the next one's, or put it
/// somewhere else. Flags belong into `.cargo/config.toml`, which is an input.
const FOREIGN: &[&str] = &[
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "RUSTC_WORKSPACE_WRAPPER",
    // Set where the tool itself was started by `cargo run`: some build scripts watch them, and
    // would build everything above them anew.
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_PRIMARY_PACKAGE",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION",
    "CARGO_CRATE_NAME",
    "CARGO_BIN_NAME",
];

/// What to build.
#[derive(Debug)]
pub(in crate::build) struct Invocation<'a> {
    /// The folder of the manifest, absolute.
    pub(in crate::build) folder: &'a Path,
    /// The folder for people.
    pub(in crate::build) shown: String,
    /// The package, where the manifest is a workspace's.
    pub(in crate::build) package: Option<&'static str>,
    pub(in crate::build) bin: &'a str,
    pub(in crate::build) profile: Profile,
    /// Whether a lock file is there to obey.
    pub(in crate::build) locked: bool,
    pub(in crate::build) target: Target,
    pub(in crate::build) architecture: Architecture,
    pub(in crate::build) places: Places<'a>,
}

/// Cargo's profiles that are used here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::build) enum Profile {
    /// A plugin's.
    Release,
    /// The core's.
    Lambda,
}

/// Folders of one call, absolute.
#[derive(Debug)]
pub(in crate::build) struct Places<'a> {
    /// What the binary's paths are relative to.
    pub(in crate::build) root: &'a Path,
    /// Cargo's target folder.
    pub(in crate::build) target: PathBuf,
    /// An empty place for what cargo-lambda hands out.
    pub(in crate::build) out: PathBuf,
    /// What stands in for rustc.
    pub(in crate::build) wrapper: Option<PathBuf>,
}

impl Invocation<'_> {
    /// Builds the binary and answers its bytes.
    pub(in crate::build) fn run(&self, child: &Child<'_>) -> Result<Vec<u8>, BuildError> {
        let _alone = self.lock()?;
        self.forget_last()?;
        let ended = child.run(&mut self.command()).map_err(|error| match error {
            Unstarted::Log(error) => error,
            Unstarted::Child(source) if source.kind() == io::ErrorKind::NotFound => {
                MissingTool::Cargo.into()
            }
            Unstarted::Child(source) => BuildError::Io { doing: "start `cargo`".into(), source },
        })?;
        if !ended.status.success() {
            return Err(self.failed(ended));
        }
        let path = self.binary();
        let bytes = fs::read(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                BuildError::BinaryMissing { package: self.shown.clone(), bin: self.bin.into() }
            }
            _ => BuildError::io("read", &path, error),
        })?;
        self.check(&path, &bytes)?;
        Ok(bytes)
    }

    fn command(&self) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(self.folder).env("RUSTUP_AUTO_INSTALL", "0");
        // The variable, since cargo-lambda 1.9.2 fails over `--target-dir`.
        cargo.env("CARGO_TARGET_DIR", &self.places.target).env("CARGO_TERM_COLOR", "never");
        if self.target == Target::Aws {
            self.for_aws(&mut cargo);
        } else {
            cargo.arg("build");
        }
        cargo.arg("--manifest-path").arg(self.folder.join("Cargo.toml"));
        cargo.args(["--bin", self.bin, "--profile", self.profile.as_str()]);
        cargo.args(self.package.iter().flat_map(|package| ["--package", package]));
        cargo.args(self.locked.then_some("--locked"));
        cargo
    }

    fn for_aws(&self, cargo: &mut Command) {
        cargo.args(["lambda", "build", "--skip-target-check", "--output-format", "binary"]);
        cargo.args(["--target", &format!("{}.{GLIBC}", triple(self.architecture))]);
        cargo.arg("--lambda-dir").arg(&self.places.out);
        for name in FOREIGN {
            cargo.env_remove(name);
        }
        if let Some(wrapper) = &self.places.wrapper {
            cargo.env("RUSTC_WRAPPER", wrapper).env("SCHEDULER_ROOT", self.places.root);
        }
    }

    fn binary(&self) -> PathBuf {
        match self.target {
            Target::Aws => self.places.out.join(self.bin).join("bootstrap"),
            Target::Local => {
                let name = format!("{}{}", self.bin, std::env::consts::EXE_SUFFIX);
                self.places.target.join(self.profile.as_str()).join(name)
            }
        }
    }

    // Several projects build the core of one checkout, each with a lock of its own folder: from
    // forgetting the last binary to reading the new one nobody else may be at it.
    fn lock(&self) -> Result<File, BuildError> {
        let target = &self.places.target;
        fs::create_dir_all(target).map_err(|e| BuildError::io("make", target, e))?;
        let path = target.join("scheduler.lock");
        let file = File::create(&path).map_err(|e| BuildError::io("write", &path, e))?;
        file.lock().map_err(|e| BuildError::io("lock", &path, e))?;
        Ok(file)
    }

    // A binary of an earlier build must not pass for this one's.
    fn forget_last(&self) -> Result<(), BuildError> {
        match fs::remove_file(self.binary()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(BuildError::io("remove", &self.binary(), error))
            }
            _ => Ok(()),
        }
    }

    fn failed(&self, ended: Ended) -> BuildError {
        let triple = triple(self.architecture);
        if ended.log.text.contains(&format!("the `{triple}` target may not be installed")) {
            return MissingTool::RustTarget(triple).into();
        }
        BuildError::CompileFailed {
            package: self.shown.clone(),
            status: process::status(ended.status),
            log: ended.log,
        }
    }

    fn check(&self, path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
        if self.target == Target::Local {
            return Ok(());
        }
        expect_architecture(bytes, self.architecture).map_err(|found| BuildError::WrongBinary {
            bin: format!("`{}`", path.display()),
            found,
            wanted: self.architecture.as_str(),
        })
    }
}

impl Profile {
    fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Lambda => "lambda",
        }
    }
}

fn triple(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86_64 => "x86_64-unknown-linux-gnu",
        Architecture::Arm64 => "aarch64-unknown-linux-gnu",
    }
}
