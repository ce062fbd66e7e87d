//! Runs the `scheduler` binary of this checkout as a user does.

use crate::outcome::{Outcome, ensure, fail};
use crate::places;
use serde_json::Value;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The command with what does not change between its runs.
#[derive(Debug, Clone)]
pub struct Scheduler {
    project: PathBuf,
    endpoint: Option<String>,
    path: Option<OsString>,
    environment: Vec<(String, String)>,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The exit code; -1 where a signal ended it.
    pub code: i32,
    /// Results.
    pub stdout: String,
    /// Progress and problems.
    pub stderr: String,
}

impl Scheduler {
    /// Of a project; AWS cannot be reached.
    #[must_use]
    pub fn of(project: &Path) -> Self {
        Self { project: project.into(), endpoint: None, path: None, environment: Vec::new() }
    }

    /// The same with every AWS call going to the endpoint.
    #[must_use]
    pub fn at(mut self, endpoint: &str) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// The same with another PATH.
    #[must_use]
    pub fn with_path(mut self, path: OsString) -> Self {
        self.path = Some(path);
        self
    }

    /// The same with one more variable in its environment.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Runs it, whatever its exit code.
    ///
    /// # Errors
    /// A binary that cannot be built or started.
    pub fn run(&self, arguments: &[&str]) -> Outcome<Finished> {
        let done = self.command(arguments)?.stdin(Stdio::null()).output()?;
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Ok(Finished {
            code: done.status.code().unwrap_or(-1),
            stdout: text(&done.stdout),
            stderr: text(&done.stderr),
        })
    }

    /// Runs it with this process's own output, for a person to watch.
    ///
    /// # Errors
    /// Any exit code but 0.
    pub fn show(&self, arguments: &[&str]) -> Outcome {
        let status = self.command(arguments)?.stdin(Stdio::null()).status()?;
        let told = arguments.join(" ");
        ensure(status.success(), || format!("`scheduler {told}` ended with {status}"))
    }

    /// Runs it and wants exit code 0.
    ///
    /// # Errors
    /// Any other, with everything that it said.
    pub fn succeed(&self, arguments: &[&str]) -> Outcome<Finished> {
        let done = self.run(arguments)?;
        ensure(done.code == 0, || done.told(arguments))?;
        Ok(done)
    }

    /// Runs it with `--json` and answers what it printed.
    ///
    /// # Errors
    /// Any exit code but 0, or no JSON.
    pub fn json(&self, arguments: &[&str]) -> Outcome<Value> {
        let with_json = [arguments, &["--json"]].concat();
        let done = self.succeed(&with_json)?;
        match serde_json::from_str(&done.stdout) {
            Ok(value) => Ok(value),
            Err(error) => fail(format!("no JSON ({error}): {}", done.told(&with_json))),
        }
    }

    /// The command by itself, to be started in another way than these.
    ///
    /// # Errors
    /// A binary that cannot be built.
    pub fn command(&self, arguments: &[&str]) -> Outcome<Command> {
        let mut command = Command::new(binary()?);
        // Nothing of the person's own account may be reached by a test.
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        places::forget_cargo(&mut command);
        command
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("NO_COLOR", "1")
            .env_remove("SCHEDULER_TOKEN")
            .arg("--project")
            .arg(&self.project)
            .args(arguments);
        // Port 9 (discard) is closed everywhere: a call that should not be made fails at once.
        let endpoint = self.endpoint.as_deref().unwrap_or("http://127.0.0.1:9");
        command.arg("--endpoint-url").arg(endpoint);
        if let Some(path) = &self.path {
            command.env("PATH", path);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }
}

impl Finished {
    /// Everything about a run, for an error's sentence.
    #[must_use]
    pub fn told(&self, arguments: &[&str]) -> String {
        let Self { code, stdout, stderr } = self;
        let line = arguments.join(" ");
        format!("`scheduler {line}` ended with {code}\n--- stdout\n{stdout}--- stderr\n{stderr}")
    }
}

/// The binary, built from this checkout as it is now.
impl Scheduler {
    /// The binary of this checkout.
    ///
    /// # Errors
    /// What does not compile.
    pub fn program() -> Outcome<&'static Path> {
        binary()
    }
}

fn binary() -> Outcome<&'static Path> {
    static BINARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match BINARY.get_or_init(|| build().map_err(|error| error.to_string())) {
        Ok(path) => Ok(path),
        Err(error) => fail(error.clone()),
    }
}

fn build() -> Outcome<PathBuf> {
    compile(|_| {})
}

/// Compiles it, with what the caller adds to the command; answers where it lies. Otherwise with the
/// features that `cargo test --workspace` has: nothing is built twice. Those of packages that only
/// tests need count there too, and cargo takes them in as soon as one test is among what it builds.
///
/// # Errors
/// What does not compile.
pub(super) fn compile(more: impl FnOnce(&mut Command)) -> Outcome<PathBuf> {
    let mut cargo = Command::new(places::cargo());
    places::forget_cargo(&mut cargo);
    cargo.current_dir(places::repository()).args([
        "build",
        "--quiet",
        "--workspace",
        "--bin",
        "scheduler",
        "--test",
        "layering",
    ]);
    more(&mut cargo);
    let done = cargo.output()?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure(done.status.success(), || format!("`scheduler` does not build:\n{said}"))?;
    // This program lies in the same target folder, in `debug` or `debug/deps`.
    let own = env::current_exe()?;
    let found = own.ancestors().map(|folder| folder.join("scheduler")).find(|path| path.is_file());
    found.map_or_else(|| fail("`scheduler` was built, but not beside the tests"), Ok)
}
