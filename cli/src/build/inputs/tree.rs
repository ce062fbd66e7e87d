//! The digest of a folder: names, executable bits and contents of its files, links followed.

use super::hash::Hash;
use crate::build::error::BuildError;
use crate::build::platform;
use std::fs;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// Never sources: what tools leave behind.
const LEFTOVERS: &[&str] =
    &[".git", ".scheduler", ".packaging", ".venv", "node_modules", "__pycache__", ".DS_Store"];

/// A folder, without some paths in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Tree {
    pub(super) folder: PathBuf,
    /// What the unit itself writes, absolute.
    pub(super) without: Option<PathBuf>,
}

impl Tree {
    pub(super) fn digest(&self) -> Result<String, BuildError> {
        let mut hash = Hash::default();
        let walk = WalkDir::new(&self.folder).follow_links(true).sort_by_file_name();
        let mut walk = walk.into_iter();
        while let Some(next) = walk.next() {
            match next {
                Ok(entry) if self.is_left_out(&entry) => {
                    if entry.file_type().is_dir() {
                        walk.skip_current_dir();
                    }
                }
                Ok(entry) if entry.file_type().is_file() => self.file(&entry, &mut hash)?,
                Ok(_) => {}
                Err(error) => self.link(error, &mut hash)?,
            }
        }
        Ok(hash.finish())
    }

    fn is_left_out(&self, entry: &DirEntry) -> bool {
        if entry.depth() == 0 {
            return false;
        }
        let path = entry.path();
        self.without.as_deref() == Some(path)
            || LEFTOVERS.iter().any(|name| entry.file_name() == *name)
            || (entry.file_type().is_dir() && is_cache(path))
    }

    fn file(&self, entry: &DirEntry, hash: &mut Hash) -> Result<(), BuildError> {
        let path = entry.path();
        let metadata = entry.metadata().map_err(|e| BuildError::io("read", path, e.into()))?;
        hash.field(self.name(path));
        hash.field([u8::from(platform::is_executable(&metadata))]);
        hash.field(fs::read(path).map_err(|e| BuildError::io("read", path, e))?);
        Ok(())
    }

    // A link that leads nowhere, or back up, counts by its target's name.
    fn link(&self, error: walkdir::Error, hash: &mut Hash) -> Result<(), BuildError> {
        let path = error.path().unwrap_or(&self.folder).to_path_buf();
        let Ok(target) = fs::read_link(&path) else {
            return Err(BuildError::io("read", &path, error.into()));
        };
        hash.field(self.name(&path));
        hash.field("link");
        hash.field(target.as_os_str().as_encoded_bytes());
        Ok(())
    }

    fn name<'a>(&self, path: &'a Path) -> &'a [u8] {
        let name = path.strip_prefix(&self.folder).unwrap_or(path);
        name.as_os_str().as_encoded_bytes()
    }
}

// Cargo, uv, pytest and others mark a folder that can be made anew; cargo does not mark a
// target folder that was there before it.
fn is_cache(folder: &Path) -> bool {
    folder.join("CACHEDIR.TAG").exists()
        || (folder.ends_with("target") && folder.with_file_name("Cargo.toml").exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(folder: &Path) -> String {
        Tree { folder: folder.into(), without: Some(folder.join("out")) }.digest().unwrap()
    }

    fn sample() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("src/a"), "a").unwrap();
        fs::write(folder.path().join("b"), "b").unwrap();
        folder
    }

    #[test]
    fn times_and_places_do_not_count() {
        let (one, other) = (sample(), sample());
        let file = fs::File::options().write(true).open(other.path().join("b")).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
        assert_eq!(digest(one.path()), digest(other.path()));
    }

    #[test]
    fn contents_names_and_modes_count() {
        let folder = sample();
        let mut seen = vec![digest(folder.path())];
        fs::write(folder.path().join("b"), "c").unwrap();
        seen.push(digest(folder.path()));
        fs::rename(folder.path().join("b"), folder.path().join("c")).unwrap();
        seen.push(digest(folder.path()));
        platform::make_executable(&folder.path().join("c")).unwrap();
        seen.push(digest(folder.path()));
        fs::rename(folder.path().join("src/a"), folder.path().join("src/aa")).unwrap();
        seen.push(digest(folder.path()));
        let different: std::collections::BTreeSet<_> = seen.iter().collect();
        assert_eq!(different.len(), seen.len());
    }

    #[test]
    fn leftovers_do_not_count() {
        let folder = sample();
        let before = digest(folder.path());
        for path in [".git/x", "src/node_modules/x", "out/x", "cache/CACHEDIR.TAG", "cache/x"] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        assert_eq!(before, digest(folder.path()));
    }

    #[test]
    fn a_source_folder_named_target_counts() {
        let folder = sample();
        let before = digest(folder.path());
        fs::create_dir(folder.path().join("src/target")).unwrap();
        fs::write(folder.path().join("src/target/mod.rs"), "x").unwrap();
        assert_ne!(before, digest(folder.path()));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_loops_end() {
        let (folder, outside) = (sample(), sample());
        platform::link(outside.path().to_str().unwrap(), &folder.path().join("sdk")).unwrap();
        platform::link(".", &folder.path().join("loop")).unwrap();
        platform::link("nowhere", &folder.path().join("broken")).unwrap();
        let before = digest(folder.path());
        fs::write(outside.path().join("b"), "changed").unwrap();
        assert_ne!(before, digest(folder.path()));
    }
}
