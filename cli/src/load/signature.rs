//! Whether a project changed: a look at names, sizes and times, cheap enough for twice a second.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// What is somebody else's.
const SKIPPED: &[&str] = &["node_modules", "__pycache__"];

/// A number that differs where a file in one of the places came, went or was written; links are
/// followed, and what lies in `without` is of no matter. Only to be compared with another one of
/// the same process.
#[must_use]
pub fn signature(places: &[PathBuf], without: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    for place in places {
        let walk = WalkDir::new(place).follow_links(true).sort_by_file_name().into_iter();
        let is_watched = |entry: &DirEntry| entry.path() != without && is_watched(entry);
        for entry in walk.filter_entry(is_watched).flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_file() {
                (entry.path(), metadata.len(), metadata.modified().ok()).hash(&mut hasher);
            }
        }
    }
    hasher.finish()
}

fn is_watched(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    let is_skipped = name.starts_with('.') || SKIPPED.contains(&name.as_ref());
    entry.depth() == 0 || (!is_skipped && !is_left_by_a_build(entry))
}

/// Folders that say so by a tag, and cargo's, which do not where they were there before it.
fn is_left_by_a_build(entry: &DirEntry) -> bool {
    let path = entry.path();
    entry.file_type().is_dir()
        && (path.join("CACHEDIR.TAG").exists()
            || (path.ends_with("target") && path.with_file_name("Cargo.toml").exists()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_change_is_seen_and_a_build_is_not() {
        let (project, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = project.path();
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let places = [root.to_path_buf(), outside.path().join("shared")];
        let look = || signature(&places, &root.join("data"));
        write("scheduler.toml", "[service]\n");
        write("one/Cargo.toml", "");
        let mut before = look();
        for path in [".scheduler/build/a.zip", "data/jobs.sqlite", "one/target/x", "cache/x"] {
            write("cache/CACHEDIR.TAG", "");
            write(path, "x");
            assert_eq!(look(), before, "{path}");
        }
        // A source folder may be called so.
        for path in ["scheduler.toml", "one/src/target/mod.rs"] {
            write(path, "[service]\n\n");
            assert_ne!(look(), before, "{path}");
            before = look();
        }
        fs::create_dir(outside.path().join("shared")).unwrap();
        fs::write(outside.path().join("shared/a"), "a").unwrap();
        assert_ne!(look(), before);
        before = look();
        std::os::unix::fs::symlink(outside.path().join("linked"), root.join("link")).unwrap();
        fs::create_dir(outside.path().join("linked")).unwrap();
        fs::write(outside.path().join("linked/a"), "a").unwrap();
        assert_ne!(look(), before);
    }
}
