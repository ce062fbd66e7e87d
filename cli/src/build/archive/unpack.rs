//! A zip that somebody else made, read into entries; and entries, written as files.

use super::entry::{Content, Entry};
use super::links;
use crate::build::error::BuildError;
use crate::build::platform;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::Path;
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
        let written = file.name().map_err(|error| unreadable(error.to_string()))?.into_owned();
        let outside = || BuildError::EntryOutside { zip: shown.into(), entry: written.clone() };
        let name = plain(&written).ok_or_else(outside)?;
        let content = content(&mut file, &name, left)
            .map_err(|error| unreadable(format!("entry `{written}`: {error}")))?;
        left = left
            .checked_sub(content.bytes() as u64)
            .ok_or_else(|| too_large(shown, UNPACKED_MAX + 1))?;
        // The folder itself: `./`.
        if name.is_empty() {
            continue;
        }
        let before = entries.insert(name.clone(), content.clone());
        if before.is_some_and(|before| before != content) {
            return Err(BuildError::EntryTwice { zip: shown.into(), entry: name });
        }
    }
    if entries.is_empty() {
        return Err(unreadable("it is empty".into()));
    }
    links::check(&entries, shown)?;
    let named = |(name, content)| match content {
        Content::Folder => Entry { name: format!("{name}/"), content },
        _ => Entry { name, content },
    };
    Ok(entries.into_iter().map(named).collect())
}

fn too_large(zip: &str, bytes: u64) -> BuildError {
    BuildError::TooLarge { zip: zip.into(), state: "unpacked", bytes, limit: UNPACKED_MAX }
}

/// The name without `.` and a slash at its end, as every unpacker reads it: `./a/./b/` is `a/b`.
fn plain(name: &str) -> Option<String> {
    let inside = !name.is_empty() && !name.starts_with('/') && !name.contains(['\\', '\0']);
    let parts: Vec<_> = name.split('/').filter(|part| !["", "."].contains(part)).collect();
    (inside && !parts.contains(&"..")).then(|| parts.join("/"))
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

/// Writes the entries as files into the folder. Links come last: nothing is written through one, since
/// a zip with an entry below a link is not read.
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
