//! What a package manager installed for a unit. It is kept beside the zips until something else
//! is asked for: a change of a handler downloads nothing.

use super::archive::sha256;
use super::error::BuildError;
use super::folder::{Folder, label, remove};
use scheduler_plan::unit::BuildUnit;
use std::fs;
use std::path::{Path, PathBuf};

/// So much of a digest tells one from another.
const DIGITS: usize = 16;

/// The folder of what is asked for by `key`, filled by `install` where it is not there yet.
pub(super) fn installed(
    folder: &Folder,
    unit: &BuildUnit,
    key: &str,
    install: impl FnOnce(&Path) -> Result<(), BuildError>,
) -> Result<PathBuf, BuildError> {
    let name = format!("{}.packages", label(unit));
    let above = folder.file(&name);
    let mut digest = sha256(key.as_bytes());
    digest.truncate(DIGITS);
    let place = above.join(digest);
    if place.is_dir() {
        return Ok(place);
    }
    let temporary = folder.file(&format!("{name}.tmp"));
    fs::create_dir(&temporary).map_err(|e| BuildError::io("make", &temporary, e))?;
    let filled = install(&temporary).and_then(|()| {
        remove(&above)
            .and_then(|()| fs::create_dir(&above))
            .and_then(|()| fs::rename(&temporary, &place))
            .map_err(|e| BuildError::io("write", &place, e))
    });
    if filled.is_err() {
        // What is wrong is said already, and the next build sweeps up what is left.
        let _ = remove(&temporary);
    }
    filled.map(|()| place)
}
