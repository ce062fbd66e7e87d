//! Runs the binary.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How a run ended.
pub(crate) struct Finished {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.all()))
    }

    pub(crate) fn all(&self) -> String {
        let Self { code, stdout, stderr } = self;
        format!("exit code {code}\n--- stdout\n{stdout}--- stderr\n{stderr}")
    }
}

/// The binary in a folder, with nothing of the person's own.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scheduler"));
    for name in ["AWS_ENDPOINT_URL", "NO_COLOR", "CLICOLOR_FORCE", "TERM"] {
        command.env_remove(name);
    }
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    command
}

pub(crate) fn finish(mut command: Command) -> Finished {
    let done = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Finished {
        code: done.status.code().unwrap(),
        stdout: text(done.stdout),
        stderr: text(done.stderr),
    }
}

pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Finished {
    finish(command(folder, arguments))
}

/// The same, which must end with 0.
pub(crate) fn succeed(folder: &Path, arguments: &[&str]) -> Finished {
    let done = run(folder, arguments);
    assert_eq!(done.code, 0, "{arguments:?}: {}", done.all());
    done
}

/// Every file and folder below, sorted.
pub(crate) fn tree(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    collect(folder, folder, &mut found);
    found.sort();
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in folder.read_dir().unwrap() {
        let path: PathBuf = entry.unwrap().path();
        found.push(path.strip_prefix(root).unwrap().display().to_string());
        if path.is_dir() {
            collect(root, &path, found);
        }
    }
}
