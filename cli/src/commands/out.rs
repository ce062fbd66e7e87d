//! Files of `--out`.

use crate::error::Failure;
use std::fs;
use std::path::Path;

/// Writes a file, and makes its folder where it is not there.
///
/// # Errors
/// A file or folder that cannot be written.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, text));
    written.map_err(|error| Failure::Failed {
        what: format!("cannot write `{}`: {error}", path.display()),
        hint: Some("`--out` names a folder that can be made and written".into()),
    })
}
