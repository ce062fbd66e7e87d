//! `[build]`: each kind has its keys and its files.

use super::Findings;
use super::types::{stays_inside, text_of};
use super::{node, pins};
use crate::app::Build;
use crate::code::Code;
use crate::manifest::{BuildKind, BuildTable};
use crate::nearest::{did_you_mean, list};
use crate::problem::{Place, Problem};
use crate::sources::{FileFact, PluginSource};

/// The build as decided.
pub(crate) fn build(
    source: &PluginSource,
    table: &BuildTable,
    findings: &mut Findings,
) -> Option<Build> {
    let kind = table.kind?;
    foreign_keys(source, table, kind, findings);
    if kind != BuildKind::Zip {
        inputs(source, table, findings);
    }
    match kind {
        BuildKind::Rust => rust(source, table, findings),
        BuildKind::Command => command(source, table, findings),
        BuildKind::Zip => zip(source, table, findings),
        BuildKind::Python => {
            Some(Build::Python { requirements: pins::pinned(source, table, findings) })
        }
        BuildKind::Node => node::build(source, table, findings),
    }
}

/// A key that another kind reads would be ignored, and so is refused.
fn foreign_keys(
    source: &PluginSource,
    table: &BuildTable,
    kind: BuildKind,
    findings: &mut Findings,
) {
    let BuildTable { kind: _, bin, run, zip, inputs, requirements, bundle } = table;
    let keys: [(&str, bool, &[BuildKind]); 6] = [
        ("bin", bin.is_some(), &[BuildKind::Rust]),
        ("run", run.is_some(), &[BuildKind::Command]),
        ("zip", zip.is_some(), &[BuildKind::Command, BuildKind::Zip]),
        // What is read of a zip is the zip.
        (
            "inputs",
            !inputs.is_empty(),
            &[BuildKind::Rust, BuildKind::Python, BuildKind::Node, BuildKind::Command],
        ),
        ("requirements", requirements.is_some(), &[BuildKind::Python]),
        ("bundle", bundle.is_some(), &[BuildKind::Node]),
    ];
    for (key, _, kinds) in
        keys.iter().filter(|(_, written, kinds)| *written && !kinds.contains(&kind))
    {
        let names: Vec<_> = kinds.iter().map(|kind| format!("{kind:?}").to_lowercase()).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let what = format!("`build.{key}` means nothing here: it belongs to kind {}", list(&names));
        findings.error(Code::KeyWithoutEffect, source.written.document.key(&["build", key]), what);
    }
}

/// What cargo calls the folders beside its binaries.
const CARGOS_FOLDERS: [&str; 4] = ["build", "deps", "examples", "incremental"];

fn rust(source: &PluginSource, table: &BuildTable, findings: &mut Findings) -> Option<Build> {
    let place = source.written.document.value(&["build", "kind"]);
    let path = format!("{}/Cargo.toml", source.dir);
    let text = text_of(&path, source.files.get("Cargo.toml"), place.clone(), findings)?;
    let cargo: toml::Table = match toml::from_str(text) {
        Ok(cargo) => cargo,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            findings.error(Code::BadCargoToml, Place::at(&path, text, at), error.message());
            return None;
        }
    };
    let bins = binaries(&cargo);
    if let Some(bin) = bins.iter().find(|bin| CARGOS_FOLDERS.contains(&bin.as_str())) {
        let at = text.find(&format!("\"{bin}\"")).unwrap_or_default();
        let what = format!("cargo makes no binary `{bin}`: a folder of its own has that name");
        findings.push(
            Problem::error(Code::BadCargoToml, Place::at(&path, text, at), what)
                .hint("name the binary otherwise: `[[bin]]` with `name` and `path`"),
        );
        return None;
    }
    let known: Vec<&str> = bins.iter().map(String::as_str).collect();
    match (&table.bin, known.as_slice()) {
        (Some(bin), _) if known.contains(&bin.as_str()) => Some(Build::Rust { bin: bin.clone() }),
        (None, [only]) => Some(Build::Rust { bin: (*only).into() }),
        (Some(bin), []) => Some(Build::Rust { bin: bin.clone() }),
        (Some(bin), _) => {
            let place = source.written.document.value(&["build", "bin"]);
            let what = format!("`{path}` has no binary `{bin}`; it has {}", list(&known));
            let problem = Problem::error(Code::UnclearBinary, place, what);
            findings.push(match did_you_mean(bin, &known) {
                Some(hint) => problem.hint(hint),
                None => problem,
            });
            None
        }
        (None, []) => {
            let what = "neither a `[package]` with a name nor a `[[bin]]`";
            findings.push(
                Problem::error(Code::BadCargoToml, Place::file(&path), what)
                    .hint("add `[package]` with a `name`, which is then the binary's, too"),
            );
            None
        }
        (None, _) => {
            let what = format!("`{path}` has more than one binary: {}", known.join(", "));
            findings.push(
                Problem::error(Code::UnclearBinary, place, what)
                    .hint(format!("name the consumer's: `bin = \"{}\"`", known[0])),
            );
            None
        }
    }
}

/// The binaries of a package, as far as its manifest tells.
fn binaries(cargo: &toml::Table) -> Vec<String> {
    let name = |table: &toml::Value| table.get("name")?.as_str().map(str::to_owned);
    let written = cargo.get("bin").and_then(toml::Value::as_array).into_iter().flatten();
    let bins: Vec<_> = written.filter_map(name).collect();
    match bins.is_empty() {
        false => bins,
        true => cargo.get("package").and_then(name).into_iter().collect(),
    }
}

fn command(source: &PluginSource, table: &BuildTable, findings: &mut Findings) -> Option<Build> {
    let run = required(source, table.run.as_ref(), "run", findings);
    let zip = required(source, table.zip.as_ref(), "zip", findings);
    let (run, zip) = (run?, zip?);
    let place = source.written.document.value(&["build", "run"]);
    let path = format!("{}/{run}", source.dir);
    match source.files.get(&run) {
        Some(FileFact::Present { executable: true }) => Some(Build::Command { run, zip }),
        Some(FileFact::Present { executable: false }) => {
            let what = format!("`{path}` is not executable");
            findings.push(
                Problem::error(Code::NotExecutable, place, what)
                    .hint(format!("make it so: `chmod +x {path}`")),
            );
            None
        }
        Some(FileFact::Missing) | None if run.contains(char::is_whitespace) => {
            let what = format!("there is no file `{path}`");
            let hint =
                "`run` names one executable file of the folder; put a command line into a script";
            findings.push(Problem::error(Code::NoSuchFile, place, what).hint(hint));
            None
        }
        fact => {
            text_of(&path, fact, place, findings);
            None
        }
    }
}

/// What a build reads may lie anywhere in the project, but not just anywhere on this machine.
fn inputs(source: &PluginSource, table: &BuildTable, findings: &mut Findings) {
    for (nth, path) in table.inputs.iter().enumerate() {
        let place = source.written.document.value(&["build", "inputs", &nth.to_string()]);
        if path.starts_with('/') {
            let what = format!("`{path}` is another file on another machine");
            findings.push(
                Problem::error(Code::PathLeavesFolder, place, what)
                    .hint("write it relative to the plugin's folder"),
            );
            continue;
        }
        if matches!(source.files.get(path), None | Some(FileFact::Missing)) {
            let what = format!("there is no file or folder `{}/{path}`", source.dir);
            findings.error(Code::NoSuchFile, place, what);
        }
    }
}

fn zip(source: &PluginSource, table: &BuildTable, findings: &mut Findings) -> Option<Build> {
    let zip = required(source, table.zip.as_ref(), "zip", findings)?;
    match source.files.get(&zip) {
        Some(FileFact::Present { .. }) => Some(Build::Zip { zip }),
        fact => {
            let place = source.written.document.value(&["build", "zip"]);
            text_of(&format!("{}/{zip}", source.dir), fact, place, findings);
            None
        }
    }
}

fn required(
    source: &PluginSource,
    value: Option<&String>,
    key: &str,
    findings: &mut Findings,
) -> Option<String> {
    let document = &source.written.document;
    let Some(path) = value else {
        let place = document.value(&["build", "kind"]);
        let what = format!("this kind of build needs the key `{key}`");
        let hint = match key {
            "run" => "add `run = \"package\"` or the like: the executable that leaves the zip",
            _ => "add `zip = \"code.zip\"` or the like: the zip's path in the folder",
        };
        findings.push(Problem::error(Code::MissingKey, place, what).hint(hint));
        return None;
    };
    stays_inside(path, &document.value(&["build", key]), findings).then(|| path.clone())
}
