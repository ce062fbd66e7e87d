//! A newcomer's walk: an empty folder, the binary, and nothing else. `init`, `check`, `build`,
//! `synth`; no file is edited, and nothing is found on the PATH.
//!
//! The binary is a published one: it carries the core functions.

use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::support::published;
use scheduler_tests::tools;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A machine with nothing but the binary.
struct Machine<'a> {
    binary: &'a Path,
    folder: &'a Path,
}

impl Machine<'_> {
    /// Runs a line as it is typed, wants exit code 0 and no complaint; answers its result.
    fn types(&self, line: &str) -> Outcome<String> {
        let words = line.strip_prefix("scheduler ").unwrap_or(line).split(' ');
        let mut command = Command::new(self.binary);
        command.args(words).current_dir(self.folder).stdin(Stdio::null());
        // No HOME, no toolchain, no credentials, no locale.
        command.env_clear().env("PATH", self.folder.join("no such folder"));
        let Output { status, stdout, stderr } = command.output()?;
        let (stdout, stderr) = (String::from_utf8(stdout)?, String::from_utf8(stderr)?);
        let told = || format!("`{line}`: {status}\n--- stdout\n{stdout}--- stderr\n{stderr}");
        ensure(status.success(), told)?;
        for complaint in ["warning", "error", "hint"] {
            ensure(!stderr.contains(complaint), told)?;
        }
        Ok(stdout)
    }
}

#[test]
fn four_commands_lead_from_an_empty_folder_to_templates() -> Outcome {
    let tools = tools::setup()?;
    let binary = published::binary(&tools)?;
    let folder = tempfile::Builder::new().prefix("uptime-").tempdir()?;
    let machine = Machine { binary: &binary, folder: folder.path() };

    let told = machine.types("scheduler init")?;
    for next in ["scheduler check", "scheduler deploy --env dev"] {
        ensure(told.contains(next), || format!("`init` does not tell of `{next}`: {told}"))?;
    }
    let told = machine.types("scheduler check")?;
    ensure(told.starts_with("no problems in 1 plugin, 1 job type"), || told)?;
    let built = machine.types("scheduler build --json")?;
    let built: Value = serde_json::from_str(&built)?;
    machine.types("scheduler synth --env dev --out templates")?;

    let digests = zips(&built, folder.path())?;
    let root = fs::read_to_string(folder.path().join("templates/root.json"))?;
    let plugin = fs::read_to_string(folder.path().join("templates/plugins/hello.json"))?;
    ensure(digests.len() == 2, || format!("{built}"))?;
    for digest in digests {
        let used = root.contains(&digest) || plugin.contains(&digest);
        ensure(used, || format!("no template names the zip {digest}"))?;
    }
    Ok(())
}

/// The digests of the zips, all of which are there and were built just now.
fn zips(built: &Value, project: &Path) -> Outcome<BTreeSet<String>> {
    let mut digests = BTreeSet::new();
    for artifact in built["artifacts"].as_array().into_iter().flatten() {
        let path = project.join(artifact["path"].as_str().unwrap_or_default());
        ensure(path.is_file(), || format!("{} is missing", path.display()))?;
        ensure(artifact["cached"] == false, || format!("{artifact}"))?;
        digests.extend(artifact["sha256"].as_str().map(str::to_owned));
    }
    Ok(digests)
}
