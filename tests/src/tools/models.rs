//! Packages that the documentation's lines import, and nothing else does.

use super::setup::{Tools, run};
use crate::outcome::Outcome;
use crate::places;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

/// Everything comes with it.
const PYDANTIC: &str = "pydantic==2.14.4";

/// A folder for Python's path; made where it is not there yet.
///
/// # Errors
/// Packages that cannot be had.
pub fn python_packages(tools: &Tools) -> Outcome<PathBuf> {
    let folder = places::tools().join("models");
    fs::create_dir_all(&folder)?;
    let lock = File::create(places::tools().join(".models.lock"))?;
    lock.lock()?;
    let stamp = folder.join(".requirements");
    if fs::read_to_string(&stamp).is_ok_and(|made| made == PYDANTIC) {
        return Ok(folder);
    }
    let mut install = Command::new(tools.program("python"));
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade"]);
    run(PYDANTIC, install.arg("--target").arg(&folder).arg(PYDANTIC))?;
    // Last, so that a set-up that was interrupted is begun again.
    fs::write(stamp, PYDANTIC)?;
    Ok(folder)
}
