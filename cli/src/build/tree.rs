//! The files of a folder, as entries of a zip. Links are followed: what they lead to is part of it.

use super::archive::{Content, Entry};
use super::error::BuildError;
use super::platform;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use walkdir::{DirEntry, WalkDir};

/// Something that lies in a folder, links followed as far as they lead somewhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) path: &'a Path,
    /// 1 at the folder's top.
    pub(super) depth: usize,
    pub(super) is_dir: bool,
}

impl<'a> Found<'a> {
    /// The last part of its path.
    pub(super) fn name(self) -> Cow<'a, str> {
        self.path.file_name().unwrap_or_default().to_string_lossy()
    }
}

/// The files and folders that `wanted` takes, and what lies in them, sorted. A link that leads
/// nowhere is of no matter where nobody wants it, such as an editor's lock.
pub(super) fn entries(
    folder: &Path,
    wanted: impl Fn(Found<'_>) -> bool,
) -> Result<Vec<Entry>, BuildError> {
    let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    let takes = |entry: &DirEntry| {
        let is_dir = entry.file_type().is_dir();
        entry.depth() == 0 || wanted(Found { path: entry.path(), depth: entry.depth(), is_dir })
    };
    let mut entries = Vec::new();
    for found in walk.filter_entry(takes) {
        match found {
            Ok(found) if found.file_type().is_file() => entries.push(entry(folder, &found)?),
            Ok(_) => {}
            Err(error) => unless_unwanted(error, folder, &wanted)?,
        }
    }
    Ok(entries)
}

fn unless_unwanted(
    error: walkdir::Error,
    folder: &Path,
    wanted: impl Fn(Found<'_>) -> bool,
) -> Result<(), BuildError> {
    let path = error.path().unwrap_or(folder).to_path_buf();
    let Ok(target) = fs::read_link(&path) else {
        return Err(BuildError::io("read", &path, error.into()));
    };
    // It may have been a file or a folder.
    let depth = error.depth();
    if ![false, true].into_iter().all(|is_dir| wanted(Found { path: &path, depth, is_dir })) {
        return Ok(());
    }
    let loops = error.loop_ancestor().is_some();
    Err(BuildError::LinkNowhere {
        link: path.display().to_string(),
        target: target.display().to_string(),
        why: if loops { "which is a folder above it" } else { "where nothing can be read" },
    })
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
