//! What every suite is given.

use crate::args::Arguments;
use crate::build;
use crate::suites::Measures;
use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::places;
use serde_json::Value;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// What is measured, and how often, on what.
#[derive(Debug)]
pub struct Bench {
    /// `None`: nothing that was asked for measures it.
    binary: Option<PathBuf>,
    core: Option<PathBuf>,
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
    pub(crate) fn new(arguments: &Arguments, measured: &[Measures]) -> Outcome<Self> {
        let Arguments { subject, sizes, runs, .. } = arguments;
        let tools = tempfile::tempdir()?;
        let wanted = |what| measured.contains(&what);
        let binary = wanted(Measures::Tool).then(|| build::scheduler(subject, tools.path()));
        let core = wanted(Measures::Core).then(|| build::core_figures(subject, tools.path()));
        let (binary, core) = (binary.transpose()?, core.transpose()?);
        let path = build::stand_in(tools.path())?;
        Ok(Self { binary, core, path, _tools: tools, sizes: sizes.clone(), runs: *runs })
    }

    /// What the core functions over memory tell, see `benches/core`.
    ///
    /// # Errors
    /// Any exit code but 0, with what it said.
    pub fn core(&self, arguments: &[&str]) -> Outcome<Value> {
        let Some(program) = &self.core else { return fail("the core was not built") };
        let done = Command::new(program).args(arguments).stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&done.stderr);
        ensure(done.status.success(), || format!("{arguments:?}: {}\n{said}", done.status))?;
        Ok(serde_json::from_slice(&done.stdout)?)
    }

    /// A command on a project, which can reach no AWS.
    ///
    /// # Errors
    /// Where no suite that was asked for measures the command.
    pub fn scheduler(&self, project: &Path, arguments: &[&str]) -> Outcome<Command> {
        let Some(binary) = &self.binary else { return fail("`scheduler` was not built") };
        let mut command = Command::new(binary);
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
        Ok(command)
    }

    /// Runs a command on a project and answers what it printed.
    ///
    /// # Errors
    /// Any exit code but 0, with what it said.
    pub fn answer(&self, project: &Path, arguments: &[&str]) -> Outcome<String> {
        let done = self.scheduler(project, arguments)?.stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&done.stderr);
        let told = arguments.join(" ");
        ensure(done.status.success(), || format!("`scheduler {told}`: {}\n{said}", done.status))?;
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }
}
