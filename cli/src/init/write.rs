//! All files, or none. No file is ever written over, not even one that comes in between.

use super::error::InitError;
use super::files::{NewFile, Taken, kept_schemas};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What makes a folder a project, or a plugin.
const MANIFESTS: [&str; 2] = ["scheduler.toml", "plugin.toml"];

/// Writes the files into a folder that is there; answers those that were made.
///
/// # Errors
/// What is in the way, or what could not be written; then everything is as it was before.
pub fn write(folder: &Path, files: &[NewFile]) -> Result<Vec<String>, InitError> {
    refuse_taken(folder, files)?;
    let mut trail = Trail::default();
    let done = files.iter().map(|file| trail.file(folder, file)).collect();
    trail.or_undo(done).map(|made: Vec<_>| made.into_iter().flatten().collect())
}

/// Writes the schemas of a project anew, in the place of those that are there; answers their paths.
///
/// # Errors
/// What could not be written.
pub fn write_schemas(folder: &Path) -> Result<Vec<&'static str>, InitError> {
    let write = |(path, text): (&'static str, String)| {
        let file = folder.join(path);
        let written = fs::create_dir_all(file.parent().unwrap_or(folder))
            .and_then(|()| fs::write(&file, text));
        written.map_err(|cause| InitError::Write { path: file, cause }).map(|()| path)
    };
    kept_schemas().into_iter().map(write).collect()
}

/// Makes the project's folder where it is not there, and fills it by its name. What is made is
/// undone where the filling fails.
///
/// # Errors
/// As for [`write()`], or a folder that cannot be.
pub fn in_folder<T>(
    folder: &Path,
    fill: impl FnOnce(&str) -> Result<T, InitError>,
) -> Result<T, InitError> {
    let mut trail = Trail::default();
    let done = trail.folder(folder).and_then(|()| {
        let real = fs::canonicalize(folder);
        let real = real.map_err(|cause| InitError::Write { path: folder.into(), cause })?;
        fill(&real.file_name().unwrap_or_default().to_string_lossy())
    });
    trail.or_undo(done)
}

fn refuse_taken(folder: &Path, files: &[NewFile]) -> Result<(), InitError> {
    // A link that leads nowhere is in the way as well.
    let is_there = |path: &PathBuf| fs::symlink_metadata(path).is_ok();
    let manifests = files.iter().filter(|file| MANIFESTS.contains(&file.path.as_str()));
    if let Some(manifest) = manifests.map(|file| folder.join(&file.path)).find(is_there) {
        return Err(InitError::Project(manifest));
    }
    let wanted = files.iter().filter(|file| file.taken == Taken::Refuse);
    let taken: Vec<_> = wanted.map(|file| folder.join(&file.path)).filter(is_there).collect();
    if taken.is_empty() { Ok(()) } else { Err(InitError::Taken(taken)) }
}

/// What was made, in its order.
#[derive(Default)]
struct Trail {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Trail {
    /// The file's path where it was made; `None` where there is one that does as well.
    fn file(&mut self, folder: &Path, file: &NewFile) -> Result<Option<String>, InitError> {
        let path = folder.join(&file.path);
        self.folder(path.parent().unwrap_or(folder))?;
        let mut opened = match File::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return match file.taken {
                    Taken::Keep => Ok(None),
                    Taken::Refuse => Err(InitError::Taken(vec![path])),
                };
            }
            opened => opened.map_err(|cause| InitError::Write { path: path.clone(), cause })?,
        };
        self.files.push(path.clone());
        let written = opened.write_all(file.text.as_bytes());
        written.map_err(|cause| InitError::Write { path, cause })?;
        Ok(Some(file.path.clone()))
    }

    /// Makes a folder and those above it, as far as they are not there.
    fn folder(&mut self, folder: &Path) -> Result<(), InitError> {
        match fs::metadata(folder) {
            Ok(found) if found.is_dir() => return Ok(()),
            Ok(_) => return Err(InitError::NoFolder(folder.into())),
            Err(_) => {}
        }
        if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
            self.folder(above)?;
        }
        fs::create_dir(folder).map_err(|cause| InitError::Write { path: folder.into(), cause })?;
        self.folders.push(folder.into());
        Ok(())
    }

    fn or_undo<T>(self, done: Result<T, InitError>) -> Result<T, InitError> {
        if done.is_err() {
            // What cannot be taken back stays; the failure that is told is the first one.
            for file in self.files {
                let _ = fs::remove_file(file);
            }
            for folder in self.folders.iter().rev() {
                // Fails where something else was put there meanwhile, as it should.
                let _ = fs::remove_dir(folder);
            }
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> NewFile {
        NewFile { path: path.into(), text: "text".into(), taken: Taken::Refuse }
    }

    fn left(folder: &Path) -> Vec<String> {
        let entries = walkdir::WalkDir::new(folder).min_depth(1).sort_by_file_name();
        let paths = entries.into_iter().map(|entry| entry.unwrap().into_path());
        paths.map(|path| path.strip_prefix(folder).unwrap().display().to_string()).collect()
    }

    #[test]
    fn where_a_write_fails_halfway_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("plugins")).unwrap();
        fs::write(folder.path().join("plugins/mail"), "mine").unwrap();
        // `plugins/mail` is a file: what should lie in it cannot be made, after all the others.
        let files = [file(".gitignore"), file("plugins/a/x"), file("plugins/mail/plugin.toml")];
        let error = write(folder.path(), &files).unwrap_err().to_string();
        assert!(error.contains("plugins/mail` is no folder"), "{error}");
        assert_eq!(left(folder.path()), ["plugins", "plugins/mail"]);
        assert_eq!(fs::read_to_string(folder.path().join("plugins/mail")).unwrap(), "mine");
    }

    #[test]
    fn a_link_that_leads_nowhere_is_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = folder.path().join("elsewhere");
        std::os::unix::fs::symlink(&elsewhere, folder.path().join("a")).unwrap();
        let error = write(folder.path(), &[file("a"), file("b")]).unwrap_err();
        assert!(matches!(&error, InitError::Taken(paths) if paths.len() == 1), "{error}");
        assert!(!elsewhere.exists());
        assert_eq!(left(folder.path()), ["a"]);
    }

    #[test]
    fn a_folder_that_was_made_goes_again_where_it_is_not_filled() {
        let folder = tempfile::tempdir().unwrap();
        let new = folder.path().join("a/b");
        let failed = in_folder(&new, |name| {
            assert_eq!((name, new.is_dir()), ("b", true));
            Err::<(), _>(InitError::Taken(Vec::new()))
        });
        assert!(failed.is_err());
        assert_eq!(left(folder.path()), Vec::<String>::new());
        let failed = in_folder(&new, |_| {
            fs::write(new.join("someone-elses"), "").unwrap();
            Err::<(), _>(InitError::Taken(Vec::new()))
        });
        assert!(failed.is_err());
        assert_eq!(left(folder.path()), ["a", "a/b", "a/b/someone-elses"]);
    }
}
