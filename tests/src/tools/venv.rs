//! The Python tools: emulator, template linter, cross compiler.

use super::setup::run;
use crate::outcome::{Outcome, fail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const REQUIREMENTS: &str = include_str!("../../requirements.txt");

/// The environment's `bin` folder; made anew when the requirements changed.
pub(super) fn ready(tools: &Path) -> Outcome<PathBuf> {
    let venv = tools.join("venv");
    let stamp = venv.join(".requirements");
    let bin = venv.join("bin");
    if fs::read_to_string(&stamp).is_ok_and(|made| made == REQUIREMENTS) {
        return Ok(bin);
    }
    require_python()?;
    let mut make = Command::new("python3");
    run(
        "a Python virtual environment in target/tools/venv",
        make.args(["-m", "venv", "--clear"]).arg(&venv),
    )?;
    let requirements = venv.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS)?;
    let mut install = Command::new(bin.join("pip"));
    install.args(["install", "--quiet", "--disable-pip-version-check", "-r"]);
    run(
        "tests/requirements.txt (emulator, cfn-lint, cargo-lambda, zig)",
        install.arg(requirements),
    )?;
    // Last, so that a set-up that was interrupted is begun again.
    fs::write(stamp, REQUIREMENTS)?;
    Ok(bin)
}

fn require_python() -> Outcome {
    let imports = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
    let probe = Command::new("python3").args(["-c", imports]).output();
    match probe {
        Ok(done) if done.status.success() => Ok(()),
        Ok(_) => fail(
            "`python3` is older than 3.10 or lacks `venv`; on Debian and Ubuntu, \
             `apt-get install python3-venv` brings it",
        ),
        Err(error) => fail(format!(
            "`python3` cannot be run ({error}); on Debian and Ubuntu, \
             `apt-get install python3 python3-venv` brings it"
        )),
    }
}
