//! A plugin's own script: run it, take the zip that it leaves.
//!
//! It runs in the plugin's folder, with nothing on its standard input, and finds in its
//! environment, besides the tool's own:
//!
//! - `SCHEDULER_PLUGIN`: the plugin's name
//! - `SCHEDULER_ARCHITECTURE`: `x86_64` or `arm64`
//! - `SCHEDULER_ZIP`: the absolute path of the zip that it has to leave
//! - `SCHEDULER_TARGET`: `aws`, or `local` where the zip is going to run on this machine

use super::archive::{self, Entry};
use super::error::{BuildError, Log};
use super::folder::Folder;
use super::platform;
use super::process::{self, Child, Unstarted};
use super::request::Target;
use scheduler_plan::unit::BuildUnit;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A plugin's script, relative to the project.
pub(super) struct Script<'a> {
    pub(super) unit: &'a BuildUnit,
    pub(super) dir: &'a str,
    pub(super) run: &'a str,
    pub(super) zip: &'a str,
    pub(super) target: Target,
}

impl Script<'_> {
    /// Runs it; what its zip holds.
    pub(super) fn entries(
        &self,
        folder: &Folder,
        child: &Child<'_>,
    ) -> Result<Vec<Entry>, BuildError> {
        let dir = folder.project.join(self.dir);
        let (run, zip) = (dir.join(self.run), dir.join(self.zip));
        let (script, shown_zip) = (folder.shown(&run), folder.shown(&zip));
        check(&run, &script)?;
        let before = fingerprint(&zip);
        let log = run_script(&mut self.command(&run, &dir, &zip), child, &script)?;
        match fingerprint(&zip) {
            None => Err(BuildError::NoZip { script, zip: shown_zip, log }),
            after if after == before => Err(BuildError::OldZip { script, zip: shown_zip, log }),
            Some(_) => archive::read(&zip, &shown_zip),
        }
    }

    fn command(&self, run: &Path, dir: &Path, zip: &Path) -> Command {
        let mut command = Command::new(run);
        command
            .current_dir(dir)
            .env("SCHEDULER_PLUGIN", &self.unit.name)
            .env("SCHEDULER_ARCHITECTURE", self.unit.architecture.as_str())
            .env("SCHEDULER_ZIP", zip)
            .env("SCHEDULER_TARGET", self.target.as_str());
        command
    }
}

fn check(run: &Path, script: &str) -> Result<(), BuildError> {
    match fs::metadata(run) {
        Ok(metadata) if metadata.is_file() && platform::is_executable(&metadata) => Ok(()),
        Ok(metadata) if metadata.is_file() => {
            Err(BuildError::ScriptNotExecutable { script: script.into() })
        }
        _ => Err(BuildError::ScriptMissing { script: script.into() }),
    }
}

fn run_script(command: &mut Command, child: &Child<'_>, script: &str) -> Result<Log, BuildError> {
    let ended = child.run(command).map_err(|error| match error {
        Unstarted::Log(error) => error,
        Unstarted::Child(source) => BuildError::ScriptUnstartable { script: script.into(), source },
    })?;
    if ended.status.success() {
        return Ok(ended.log);
    }
    let status = process::status(ended.status);
    Err(BuildError::ScriptFailed { script: script.into(), status, log: ended.log })
}

fn fingerprint(zip: &PathBuf) -> Option<[u64; 6]> {
    let metadata = fs::metadata(zip).ok()?;
    metadata.is_file().then(|| platform::fingerprint(&metadata))
}
