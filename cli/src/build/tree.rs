//! The files of a folder, as entries of a zip. Links are followed: what they lead to is part of it.

use super::archive::{Content, Entry};
use super::error::BuildError;
use super::platform;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use walkdir::{DirEntry, WalkDir};

/// The files and folders that `wanted` takes, and what lies in them, sorted.
pub(super) fn entries(
    folder: &Path,
    wanted: impl Fn(&DirEntry) -> bool,
) -> Result<Vec<Entry>, BuildError> {
    let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    let mut entries = Vec::new();
    for found in walk.filter_entry(|entry| entry.depth() == 0 || wanted(entry)) {
        let found = found.map_err(|error| {
            let path = error.path().unwrap_or(folder).to_path_buf();
            BuildError::io("read", &path, error.into())
        })?;
        if found.file_type().is_file() {
            entries.push(entry(folder, &found)?);
        }
    }
    Ok(entries)
}

/// Both together; where they have a file of the same name, the upper one's.
pub(super) fn laid_over(lower: Vec<Entry>, upper: Vec<Entry>) -> Vec<Entry> {
    let both = lower.into_iter().chain(upper);
    let by_name: BTreeMap<String, Entry> = both.map(|one| (one.name.clone(), one)).collect();
    by_name.into_values().collect()
}

fn entry(folder: &Path, found: &DirEntry) -> Result<Entry, BuildError> {
    let path = found.path();
    let read = |error: io::Error| BuildError::io("read", path, error);
    let metadata = found.metadata().map_err(|error| read(error.into()))?;
    let bytes = fs::read(path).map_err(read)?;
    let content = match platform::is_executable(&metadata) {
        true => Content::Executable(bytes),
        false => Content::File(bytes),
    };
    Ok(Entry { name: name(folder, path)?, content })
}

/// Relative to the folder, with forward slashes.
fn name(folder: &Path, path: &Path) -> Result<String, BuildError> {
    let relative = path.strip_prefix(folder).unwrap_or(path);
    let parts: Option<Vec<&str>> = relative.iter().map(|part| part.to_str()).collect();
    parts.map(|parts| parts.join("/")).ok_or_else(|| {
        let error = io::Error::new(ErrorKind::InvalidData, "its name is not UTF-8");
        BuildError::io("read", path, error)
    })
}
