//! The output folder: its layout, its lock, and writes that are whole or not there.
//!
//! Everything is written as `<name>.tmp` first. Whoever holds the lock owns every such file, so
//! one that is there when the lock is taken was left by a run that was killed.

use super::error::BuildError;
use super::request::Target;
use crate::progress::Progress;
use scheduler_plan::unit::BuildUnit;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

const TEMPORARY: &str = "tmp";

/// The output folder, locked for as long as this lives.
#[derive(Debug)]
pub(super) struct Folder {
    /// The project, without links in its path.
    pub(super) project: PathBuf,
    /// Where everything of the target lies.
    pub(super) root: PathBuf,
    target: Target,
    /// Nothing holds it where nothing is going to be written.
    lock: Option<File>,
}

impl Folder {
    /// Makes it, waits for its lock, and removes what a killed run left.
    pub(super) fn open(
        project: &Path,
        target: Target,
        progress: &dyn Progress,
    ) -> Result<Self, BuildError> {
        let mut folder = Self::look(project, target)?;
        let logs = folder.root.join("logs");
        fs::create_dir_all(&logs).map_err(|e| BuildError::io("make", &logs, e))?;
        hide_from_git(&folder.project.join(".scheduler"))?;
        folder.lock = Some(wait(&folder.root.join("lock"), progress)?);
        sweep(&folder.root).map_err(|e| BuildError::io("clean", &folder.root, e))?;
        Ok(folder)
    }

    /// As it is, or would be; to be read only.
    pub(super) fn look(project: &Path, target: Target) -> Result<Self, BuildError> {
        let project = fs::canonicalize(project).map_err(|e| BuildError::io("find", project, e))?;
        let root = match target {
            Target::Aws => project.join(".scheduler/build"),
            Target::Local => project.join(".scheduler/build/local"),
        };
        Ok(Self { project, root, target, lock: None })
    }

    /// Where the unit's zip lies, relative to the project.
    pub(super) fn zip(&self, unit: &BuildUnit) -> String {
        match self.target {
            Target::Aws => format!(".scheduler/build/{}.zip", label(unit)),
            Target::Local => format!(".scheduler/build/local/{}.zip", unit.name),
        }
    }

    /// Where the unit's zip is unpacked, for a target that wants it.
    pub(super) fn unpacked(&self, unit: &BuildUnit) -> Option<PathBuf> {
        (self.target == Target::Local).then(|| self.root.join(&unit.name))
    }

    /// Where it is unpacked until everything else is built: whoever runs what lies in
    /// [`Self::unpacked`] goes on with it where something else fails.
    pub(super) fn unpacked_next(&self, unit: &BuildUnit) -> Option<PathBuf> {
        (self.target == Target::Local).then(|| self.root.join(format!("{}.next", unit.name)))
    }

    /// Puts what was unpacked in its place.
    pub(super) fn settle(&self, unit: &BuildUnit) -> Result<(), BuildError> {
        let places = self.unpacked_next(unit).zip(self.unpacked(unit));
        let Some((next, place)) = places.filter(|(next, _)| next.is_dir()) else { return Ok(()) };
        let moved = remove(&place).and_then(|()| fs::rename(&next, &place));
        moved.map_err(|e| BuildError::io("write", &place, e))
    }

    /// What the unit's compiler or script printed.
    pub(super) fn log(&self, unit: &BuildUnit) -> PathBuf {
        self.root.join("logs").join(format!("{}.log", label(unit)))
    }

    /// A file of the build's own.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Cargo's target folder, shared by all Rust units.
    pub(super) fn cargo_target(&self) -> PathBuf {
        self.project.join(".scheduler/target")
    }

    /// The path as a person of this project writes it.
    pub(super) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.project).unwrap_or(path).display().to_string()
    }
}

/// `<name>-<architecture>`.
pub(super) fn label(unit: &BuildUnit) -> String {
    format!("{}-{}", unit.name, unit.architecture)
}

/// Writes the file whole, or not at all.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), BuildError> {
    let temporary = temporary(path);
    fs::write(&temporary, content)
        .and_then(|()| fs::rename(&temporary, path))
        .map_err(|e| BuildError::io("write", path, e))
}

/// Fills a folder and puts it in the place of another one.
pub(super) fn replace(
    path: &Path,
    fill: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<(), BuildError> {
    let temporary = temporary(path);
    let replaced = fs::create_dir(&temporary)
        .and_then(|()| fill(&temporary))
        .and_then(|()| remove(path))
        .and_then(|()| fs::rename(&temporary, path));
    replaced.map_err(|e| BuildError::io("write", path, e))
}

fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(TEMPORARY);
    PathBuf::from(name)
}

fn hide_from_git(folder: &Path) -> Result<(), BuildError> {
    let path = folder.join(".gitignore");
    if path.exists() {
        return Ok(());
    }
    fs::write(&path, "*\n").map_err(|e| BuildError::io("write", &path, e))
}

fn wait(path: &Path, progress: &dyn Progress) -> Result<File, BuildError> {
    let file = File::create(path).map_err(|e| BuildError::io("write", path, e))?;
    let locked = match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::Error(error)) => Err(error),
        Err(TryLockError::WouldBlock) => {
            progress.begin("lock", "waiting for another build of this project");
            let locked = file.lock();
            progress.end("lock");
            locked
        }
    };
    locked.map_err(|e| BuildError::io("lock", path, e))?;
    Ok(file)
}

fn sweep(root: &Path) -> io::Result<()> {
    for entry in fs::read_dir(root)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == TEMPORARY) {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Takes away a file or a folder, if there is one.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    }
}
