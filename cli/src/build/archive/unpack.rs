//! A zip that somebody else made, read into entries; and entries, written as files.

use super::entry::{Content, Entry};
use crate::build::error::BuildError;
use crate::build::platform;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Component, Path};
use zip::ZipArchive;
use zip::read::ZipFile;

/// What Lambda takes, all files of a function together (AWS Lambda quotas).
pub(in crate::build) const UNPACKED_MAX: u64 = 250 * 1024 * 1024;

/// Reads the zip. `shown` is its path in errors.
pub(in crate::build) fn read(path: &Path, shown: &str) -> Result<Vec<Entry>, BuildError> {
    let file = File::open(path).map_err(|e| BuildError::io("read", path, e))?;
    let unreadable = |reason: String| BuildError::ZipUnreadable { zip: shown.into(), reason };
    let mut zip =
        ZipArchive::new(BufReader::new(file)).map_err(|error| unreadable(error.to_string()))?;
    let mut entries = BTreeMap::new();
    let mut left = UNPACKED_MAX;
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).map_err(|error| unreadable(error.to_string()))?;
        let name = file.name().map_err(|error| unreadable(error.to_string()))?.into_owned();
        if !is_inside(&name) {
            return Err(BuildError::EntryOutside { zip: shown.into(), entry: name });
        }
        let content = content(&mut file, &name, left)
            .map_err(|error| unreadable(format!("entry `{name}`: {error}")))?;
        left = left
            .checked_sub(content.bytes() as u64)
            .ok_or_else(|| too_large(shown, UNPACKED_MAX + 1))?;
        entries.insert(name.clone(), Entry { name, content });
    }
    if entries.is_empty() {
        return Err(unreadable("it is empty".into()));
    }
    Ok(entries.into_values().collect())
}

fn too_large(zip: &str, bytes: u64) -> BuildError {
    BuildError::TooLarge { zip: zip.into(), state: "unpacked", bytes, limit: UNPACKED_MAX }
}

fn is_inside(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    !name.is_empty()
        && !name.contains('\\')
        && parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

// What a zip says of an entry's size may be a lie: no more is read than may be unpacked.
fn content<R: Read>(file: &mut ZipFile<'_, R>, name: &str, left: u64) -> io::Result<Content> {
    if file.is_dir() {
        return Ok(Content::Folder);
    }
    let (link, mode) = (file.is_symlink(), file.unix_mode());
    let mut bytes = Vec::new();
    file.by_ref().take(left + 1).read_to_end(&mut bytes)?;
    if link {
        return String::from_utf8(bytes).map(Content::Link).map_err(io::Error::other);
    }
    // Lambda starts `bootstrap`, whatever the system that made the zip knows of modes.
    let executable = name == "bootstrap" || mode.is_some_and(|mode| mode & 0o111 != 0);
    Ok(if executable { Content::Executable(bytes) } else { Content::File(bytes) })
}

/// Writes the entries as files into the folder. Links come last: nothing is written through one.
pub(in crate::build) fn extract(entries: &[Entry], folder: &Path) -> io::Result<()> {
    let (links, others): (Vec<_>, Vec<_>) =
        entries.iter().partition(|entry| matches!(entry.content, Content::Link(_)));
    for entry in others.into_iter().chain(links) {
        let path = folder.join(&entry.name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        put(&path, &entry.content)?;
    }
    Ok(())
}

fn put(path: &Path, content: &Content) -> io::Result<()> {
    match content {
        Content::File(bytes) => fs::write(path, bytes),
        Content::Executable(bytes) => {
            fs::write(path, bytes)?;
            platform::make_executable(path)
        }
        Content::Link(target) => platform::link(target, path),
        Content::Folder => fs::create_dir_all(path),
    }
}
