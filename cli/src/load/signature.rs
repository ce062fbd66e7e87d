//! Whether a project changed: a look at names, sizes and times, cheap enough for twice a second.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::Path;
use walkdir::{DirEntry, WalkDir};

/// What a build leaves, and what is somebody else's.
const SKIPPED: &[&str] = &["target", "node_modules", "__pycache__", ".packaging"];

/// A number that differs where a file of the project came, went or was written. Only to be
/// compared with another one of the same process.
#[must_use]
pub fn signature(project: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    let walk = WalkDir::new(project).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| entry.depth() == 0 || is_watched(entry)).flatten() {
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_file() {
            (entry.path(), metadata.len(), metadata.modified().ok()).hash(&mut hasher);
        }
    }
    hasher.finish()
}

fn is_watched(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    !name.starts_with('.') && !SKIPPED.contains(&name.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_change_is_seen_and_a_build_is_not() {
        let project = tempfile::tempdir().unwrap();
        fs::write(project.path().join("scheduler.toml"), "[service]\n").unwrap();
        let before = signature(project.path());
        fs::create_dir_all(project.path().join(".scheduler/build")).unwrap();
        fs::write(project.path().join(".scheduler/build/a.zip"), "x").unwrap();
        assert_eq!(signature(project.path()), before);
        fs::write(project.path().join("scheduler.toml"), "[service]\n\n").unwrap();
        assert_ne!(signature(project.path()), before);
    }
}
