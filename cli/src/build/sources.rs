//! The files of a plugin's folder that a function needs to run, as entries of its zip.
//!
//! Left out is what only people and tools read; the list stands in the documentation of
//! `[build].kind`.

use super::archive::Entry;
use super::error::BuildError;
use super::tree;
use std::path::Path;
use walkdir::DirEntry;

/// Folders that hold no sources of a function.
const FOLDERS: &[&str] = &["__pycache__", "node_modules", "tests"];
/// Files that mark a folder as one that a tool made.
const MARKS: &[&str] = &["CACHEDIR.TAG", "pyvenv.cfg"];

/// The folder's files. `without` are paths relative to the folder.
pub(super) fn entries(folder: &Path, without: &[String]) -> Result<Vec<Entry>, BuildError> {
    let mut entries = tree::entries(folder, is_source)?;
    entries.retain(|entry| !without.contains(&entry.name));
    Ok(entries)
}

fn is_source(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    if name.starts_with('.') {
        return false;
    }
    if entry.file_type().is_dir() {
        let is_made = || MARKS.iter().any(|mark| entry.path().join(mark).exists());
        return !FOLDERS.contains(&name.as_ref()) && !is_made();
    }
    let is_test = name.strip_suffix(".py").is_some_and(|module| {
        module.starts_with("test_") || module.ends_with("_test") || module == "conftest"
    });
    let is_pins = entry.depth() == 1 && name.starts_with("requirements") && name.ends_with(".txt");
    !is_test && !is_pins && !name.starts_with("README") && !name.ends_with(".pyc")
}
