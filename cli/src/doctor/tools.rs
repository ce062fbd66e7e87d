//! The tools that the project's builds run, and their versions.

use super::Finding;
use crate::build::{CoreSource, MissingTool, lambda_tools};
use scheduler_plan::unit::{BuildUnit, UnitKind};
use std::path::Path;
use std::process::{Command, Stdio};

/// Looks at what the units need, and at nothing else. `folder` is one without a `Cargo.toml`.
#[must_use]
pub fn tools(units: &[BuildUnit], folder: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    if units.iter().any(is_compiled) {
        findings.push(match lambda_tools(folder) {
            Ok(()) => Finding::ok("Rust", versions(&["cargo --version", "cargo lambda --version"])),
            Err(missing) => Finding::failed("Rust", missing.to_string(), Some(missing.hint())),
        });
    }
    if units.iter().any(|unit| matches!(&unit.kind, UnitKind::Python { requirements, .. } if requirements.is_some())) {
        let missing = match (version("python3 --version"), version("python3 -m pip --version")) {
            (None, _) => Some(MissingTool::Python),
            (_, None) => Some(MissingTool::Pip),
            _ => None,
        };
        findings.push(found("Python", missing, &["python3 --version", "python3 -m pip --version"]));
    }
    if units.iter().any(|unit| matches!(&unit.kind, UnitKind::Node { lock, .. } if lock.is_some()))
    {
        let missing = version("npm --version").is_none().then_some(MissingTool::Node);
        findings.push(found("Node.js", missing, &["node --version", "npm --version"]));
    }
    findings
}

fn is_compiled(unit: &BuildUnit) -> bool {
    match unit.kind {
        UnitKind::Rust { .. } => true,
        UnitKind::Core { .. } => matches!(CoreSource::of_this_binary(), CoreSource::Checkout(_)),
        _ => false,
    }
}

fn found(name: &str, missing: Option<MissingTool>, asked: &[&str]) -> Finding {
    match missing {
        None => Finding::ok(name, versions(asked)),
        Some(missing) => Finding::failed(name, missing.to_string(), Some(missing.hint())),
    }
}

fn versions(lines: &[&str]) -> String {
    lines.iter().filter_map(|line| version(line)).collect::<Vec<_>>().join(", ")
}

/// The first line of what a program says of itself; `None` where there is no such program.
fn version(line: &str) -> Option<String> {
    let mut words = line.split(' ');
    let mut program = Command::new(words.next()?);
    program.args(words).stdin(Stdio::null()).env("RUSTUP_AUTO_INSTALL", "0");
    let done = program.output().ok().filter(|done| done.status.success())?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    // pip tells where it lies, which is nobody's business here.
    let first = said.lines().next()?.split(" from ").next()?.trim();
    let name = line.split(' ').next().unwrap_or_default();
    Some(match first.starts_with(|c: char| c.is_ascii_alphabetic() && c != 'v') {
        true => first.to_owned(),
        false => format!("{name} {first}"),
    })
}
