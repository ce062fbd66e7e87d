//! A folder of installed packages, as entries of a zip.

use crate::build::archive::Entry;
use crate::build::error::BuildError;
use crate::build::tree::{self, Found};
use scheduler_plan::requirements::normal;
use std::fs;
use std::path::Path;

/// What pip notes of an installation: its own name, what was asked for, and digests of files that
/// differ from machine to machine.
const NOTES: &[&str] = &["INSTALLER", "RECORD", "REQUESTED", "direct_url.json"];
const METADATA: &str = ".dist-info";

/// Everything that a function needs of the packages.
pub(in crate::build) fn entries(folder: &Path) -> Result<Vec<Entry>, BuildError> {
    tree::entries(folder, is_needed)
}

fn is_needed(found: Found<'_>) -> bool {
    let name = found.name();
    if found.is_dir {
        // Command-line programs, whose first lines name this machine's interpreter.
        let programs = found.depth == 1 && name == "bin" && !is_package(found.path);
        return name != "__pycache__" && !programs;
    }
    let folder = found.path.parent().unwrap_or(Path::new(""));
    let is_note = NOTES.contains(&name.as_ref()) && folder.to_string_lossy().ends_with(METADATA);
    !is_note && !name.ends_with(".pyc")
}

fn is_package(folder: &Path) -> bool {
    folder.join("__init__.py").exists()
}

/// `name==version` of every package in the folder that is not among the names, sorted.
pub(super) fn others(folder: &Path, names: &[String]) -> Result<Vec<String>, BuildError> {
    let read = |error| BuildError::io("read", folder, error);
    let mut others = Vec::new();
    for entry in fs::read_dir(folder).map_err(read)? {
        let file = entry.map_err(read)?.file_name();
        let file = file.to_string_lossy();
        let Some((name, version)) =
            file.strip_suffix(METADATA).and_then(|name| name.rsplit_once('-'))
        else {
            continue;
        };
        if !names.contains(&normal(name)) {
            others.push(format!("{}=={version}", normal(name)));
        }
    }
    others.sort();
    Ok(others)
}
