//! What makes cargo's binaries independent of the folder that they were built in.
//!
//! Measured with cargo 1.95: a package of its own workspace needs nothing but its paths remapped;
//! a path dependency outside of the workspace changes `-C metadata` of itself and of all that
//! depend on it with the folder, and tens of thousands of bytes with it. Only a wrapper around the
//! compiler reaches that.

use crate::build::error::BuildError;
use crate::build::folder::{self, Folder};
use crate::build::platform;
use std::fs;
use std::path::PathBuf;

const SCRIPT: &str = include_str!("rustc.sh");

/// Writes the wrapper; `None` where it cannot run, and binaries depend on their folder.
pub(in crate::build) fn install(folder: &Folder) -> Result<Option<PathBuf>, BuildError> {
    if !cfg!(unix) {
        return Ok(None);
    }
    let path = folder.file("rustc.sh");
    if fs::read(&path).is_ok_and(|text| text == SCRIPT.as_bytes()) {
        return Ok(Some(path));
    }
    folder::write(&path, SCRIPT.as_bytes())?;
    platform::make_executable(&path).map_err(|e| BuildError::io("write", &path, e))?;
    Ok(Some(path))
}
