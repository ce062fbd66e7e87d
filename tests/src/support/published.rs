//! The binary as it is published: with the core functions inside (feature `embedded-runtime`).
//!
//! It is compiled unoptimised beside the tests' own binary, of which it shares all but one crate,
//! and copied away, so that the tests' own stays what it is.

use crate::outcome::{Outcome, ensure};
use crate::places;
use crate::support::scheduler::{self, Scheduler};
use crate::tools::Tools;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds it; answers where it lies.
///
/// # Errors
/// What does not build.
pub fn binary(tools: &Tools) -> Outcome<PathBuf> {
    let folder = places::repository().join("target/published");
    fs::create_dir_all(&folder)?;
    let bootstrap = bootstrap(tools, &folder)?;
    let published = folder.join("scheduler");
    let carrying = scheduler::compile(|cargo| {
        cargo.env("SCHEDULER_BOOTSTRAP", bootstrap);
        cargo.args(["--features", "scheduler/embedded-runtime"]);
    })?;
    fs::copy(carrying, &published)?;
    // And back: the tests of this checkout run one that builds the core from it.
    scheduler::compile(|_| {})?;
    Ok(published)
}

/// The core functions' file, taken out of the zip that `scheduler build` makes of it.
fn bootstrap(tools: &Tools, folder: &Path) -> Outcome<PathBuf> {
    let repository = places::repository();
    let scheduler = Scheduler::of(repository).with_path(tools.path()?);
    let built = scheduler.json(&["build", "--plugin", "core"])?;
    let zip = repository.join(built["artifacts"][0]["path"].as_str().unwrap_or_default());
    let mut python = Command::new(tools.program("python"));
    let done = python.args(["-m", "zipfile", "-e"]).arg(zip).arg(folder).output()?;
    ensure(done.status.success(), || String::from_utf8_lossy(&done.stderr).into_owned())?;
    Ok(folder.join("bootstrap"))
}
