//! In: a machine with Rust and Python. Out: [`Tools`], and a sentence about each thing that had to
//! be made. Deliberately absent: anything outside `target/tools`.

use super::{cargo_deny, venv};
use crate::outcome::{Outcome, fail};
use crate::places;
use crate::say;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::{env, iter};

/// What was set up.
#[derive(Debug, Clone)]
pub struct Tools {
    venv: PathBuf,
    cargo: PathBuf,
}

impl Tools {
    /// The programs of the virtual environment, by name.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.venv.join(name)
    }

    /// This process's PATH with the tools before everything else.
    ///
    /// # Errors
    /// A folder whose name holds a colon.
    pub fn path(&self) -> Outcome<OsString> {
        let rest = env::var_os("PATH").unwrap_or_default();
        let own = [self.venv.clone(), self.cargo.clone()];
        Ok(env::join_paths(own.into_iter().chain(env::split_paths(&rest)))?)
    }
}

/// Makes what is not there yet, and says so.
///
/// # Errors
/// What could not be set up, with the tool's own output and the repair.
pub fn setup() -> Outcome<Tools> {
    let folder = places::tools();
    fs::create_dir_all(&folder)?;
    // `cargo ci` and `cargo test` may come here at the same time.
    let lock = File::create(folder.join(".lock"))?;
    lock.lock()?;
    let tools = Tools { venv: venv::ready(&folder)?, cargo: cargo_deny::ready(&folder)? };
    Ok(tools)
}

/// Runs a set-up command, its output shown only when it fails.
pub(super) fn run(what: &str, command: &mut Command) -> Outcome {
    say::line(&format!("setting up: {what}"));
    let done = command.stdin(Stdio::null()).output()?;
    if done.status.success() {
        return Ok(());
    }
    let streams = [done.stdout, done.stderr];
    let text: Vec<_> = streams.iter().map(|bytes| String::from_utf8_lossy(bytes)).collect();
    fail(
        iter::once(format!("could not set up {what}:"))
            .chain(text.iter().map(|part| part.trim_end().to_owned()))
            .collect::<Vec<_>>()
            .join("\n"),
    )
}
