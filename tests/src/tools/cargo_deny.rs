//! cargo-deny: licences, bans and sources of every dependency.

use super::setup::run;
use crate::outcome::Outcome;
use crate::places;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const VERSION: &str = "0.20.2";

/// The folder that holds `cargo-deny`.
pub(super) fn ready(tools: &Path) -> Outcome<PathBuf> {
    let bin = tools.join("bin");
    let installed = Command::new(bin.join("cargo-deny")).arg("--version").output();
    let current = installed.is_ok_and(|said| {
        String::from_utf8_lossy(&said.stdout).trim() == format!("cargo-deny {VERSION}")
    });
    if !current {
        // Unoptimised: it runs for a second, and compiles in half the time.
        let mut install = Command::new(places::cargo());
        places::forget_cargo(&mut install);
        install
            .args(["install", "--quiet", "--locked", "--debug", "--force"])
            .arg(format!("cargo-deny@={VERSION}"))
            .env("CARGO_PROFILE_DEV_DEBUG", "false")
            .arg("--root")
            .arg(tools)
            .arg("--target-dir")
            .arg(tools.join("build"));
        run(&format!("cargo-deny {VERSION} in target/tools/bin"), &mut install)?;
        fs::remove_dir_all(tools.join("build"))?;
    }
    Ok(bin)
}
