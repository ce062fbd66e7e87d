//! What every suite is given.

use crate::build::{self, Subject};
use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::places;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A `scheduler` to measure, and how often, on what.
#[derive(Debug)]
pub struct Bench {
    binary: PathBuf,
    path: OsString,
    _tools: TempDir,
    /// Plugins of the projects, ascending.
    pub sizes: Vec<usize>,
    /// Runs that a median is taken of.
    pub runs: usize,
}

impl Bench {
    /// Builds what is measured.
    ///
    /// # Errors
    /// What could not be built.
    pub(crate) fn new(subject: &Subject, sizes: &[usize], runs: usize) -> Outcome<Self> {
        let tools = tempfile::tempdir()?;
        let binary = build::scheduler(subject, tools.path())?;
        let path = build::stand_in(tools.path())?;
        Ok(Self { binary, path, _tools: tools, sizes: sizes.to_vec(), runs })
    }

    /// A command on a project, which can reach no AWS.
    #[must_use]
    pub fn scheduler(&self, project: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        places::forget_cargo(&mut command);
        // Port 9 (discard) is closed everywhere: a call that should not be made fails at once.
        command
            .env("PATH", &self.path)
            .env("NO_COLOR", "1")
            .args(["--endpoint-url", "http://127.0.0.1:9", "--project"])
            .arg(project)
            .args(arguments);
        command
    }

    /// Runs a command on a project and answers what it printed.
    ///
    /// # Errors
    /// Any exit code but 0, with what it said.
    pub fn answer(&self, project: &Path, arguments: &[&str]) -> Outcome<String> {
        let done = self.scheduler(project, arguments).stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&done.stderr);
        let told = arguments.join(" ");
        ensure(done.status.success(), || format!("`scheduler {told}`: {}\n{said}", done.status))?;
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }
}
