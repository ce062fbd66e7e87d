//! The machine's own `python3`.

use crate::build::error::{BuildError, MissingTool};
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

pub(in crate::build) const PYTHON: &str = "python3";
const ASK: &str =
    "import sys, sysconfig; print(sysconfig.get_platform(), sys.implementation.cache_tag)";

/// What is known of it: asked once a run, and only where something depends on it.
#[derive(Debug, Default)]
pub(in crate::build) struct Interpreter(OnceLock<String>);

impl Interpreter {
    /// What its packages depend on, such as `linux-x86_64 cpython-311`. It is asked in a folder,
    /// since version managers choose by folder.
    pub(in crate::build) fn identity(&self, folder: &Path) -> Result<&str, BuildError> {
        if let Some(known) = self.0.get() {
            return Ok(known);
        }
        let mut python = Command::new(PYTHON);
        python.args(["-I", "-c", ASK]).current_dir(folder).stdin(Stdio::null());
        let output = python.output().map_err(|error| match error.kind() {
            ErrorKind::NotFound => MissingTool::Python.into(),
            _ => BuildError::Io { doing: format!("start `{PYTHON}`"), source: error },
        })?;
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            let source = std::io::Error::other(complaint);
            return Err(BuildError::Io {
                doing: format!("ask `{PYTHON}` for its version"),
                source,
            });
        }
        let told = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok(self.0.get_or_init(|| told))
    }
}

/// The version in an identity: `3.11` of `linux-x86_64 cpython-311`.
pub(in crate::build) fn version(identity: &str) -> Option<String> {
    let (_, digits) = identity.rsplit_once('-')?;
    let (major, minor) = digits.split_at_checked(1)?;
    Some(format!("{major}.{minor}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_the_name_of_a_cache() {
        assert_eq!(version("linux-x86_64 cpython-311").as_deref(), Some("3.11"));
        assert_eq!(version("macosx-14.0-arm64 cpython-39").as_deref(), Some("3.9"));
    }
}
