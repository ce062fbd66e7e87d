//! The files of a plugin's folder that a function needs to run, as entries of its zip.
//!
//! Left out is what only people and tools read; the list stands in the documentation of
//! `[build].kind`. Links are followed: what they lead to is part of the zip.

use super::archive::{Content, Entry};
use super::error::BuildError;
use super::platform;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use walkdir::{DirEntry, WalkDir};

/// Folders that hold no sources of a function.
const FOLDERS: &[&str] = &["__pycache__", "node_modules", "tests"];
/// Files that mark a folder as one that a tool made.
const MARKS: &[&str] = &["CACHEDIR.TAG", "pyvenv.cfg"];

/// The folder's files. `without` are paths relative to the folder.
pub(super) fn entries(folder: &Path, without: &[String]) -> Result<Vec<Entry>, BuildError> {
    let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    let mut entries = Vec::new();
    for found in walk.filter_entry(|entry| entry.depth() == 0 || is_source(entry)) {
        let found = found.map_err(|error| {
            let path = error.path().unwrap_or(folder).to_path_buf();
            BuildError::io("read", &path, error.into())
        })?;
        let name = name(folder, found.path())?;
        if found.file_type().is_file() && !without.contains(&name) {
            entries.push(entry(&found, name)?);
        }
    }
    Ok(entries)
}

fn entry(found: &DirEntry, name: String) -> Result<Entry, BuildError> {
    let path = found.path();
    let read = |error: io::Error| BuildError::io("read", path, error);
    let metadata = found.metadata().map_err(|error| read(error.into()))?;
    let bytes = fs::read(path).map_err(read)?;
    let content = match platform::is_executable(&metadata) {
        true => Content::Executable(bytes),
        false => Content::File(bytes),
    };
    Ok(Entry { name, content })
}

/// Relative to the folder, with forward slashes.
pub(super) fn name(folder: &Path, path: &Path) -> Result<String, BuildError> {
    let relative = path.strip_prefix(folder).unwrap_or(path);
    let parts: Option<Vec<&str>> = relative.iter().map(|part| part.to_str()).collect();
    parts.map(|parts| parts.join("/")).ok_or_else(|| {
        let error = io::Error::new(ErrorKind::InvalidData, "its name is not UTF-8");
        BuildError::io("read", path, error)
    })
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
    let top = entry.depth() == 1;
    let is_test = name.strip_suffix(".py").is_some_and(|module| {
        module.starts_with("test_") || module.ends_with("_test") || module == "conftest"
    });
    let is_text = name.starts_with("README")
        || (top && name.starts_with("requirements") && name.ends_with(".txt"));
    !is_test && !is_text && !name.ends_with(".pyc")
}
