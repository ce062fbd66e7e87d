//! Where things lie in this checkout.

use crate::outcome::Outcome;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The checkout's root.
#[must_use]
pub fn repository() -> &'static Path {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests)
}

/// The cargo that runs this process, or the one on the PATH.
#[must_use]
pub fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// A person's own settings (`CARGO_HOME`, `CARGO_HTTP_*`, `CARGO_BUILD_*`) are not among them.
const SET_BY_CARGO: &[&str] =
    &["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];

/// Takes what the cargo around this process set for it away from a command. A cargo below would
/// take `CARGO_MANIFEST_DIR` for a changed input, and build `ring` and all above it anew.
pub fn forget_cargo(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if SET_BY_CARGO.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
}

/// What `cargo ci` sets up and may be deleted at any time.
#[must_use]
pub fn tools() -> PathBuf {
    repository().join("target/tools")
}

/// Where plugins and the core functions are compiled, so that nothing is compiled twice.
#[must_use]
pub fn plugin_target() -> PathBuf {
    repository().join(".scheduler/target")
}

/// Every folder of `parent` (relative to the root) that holds `file`, sorted. None where there is
/// no such parent.
///
/// # Errors
/// A folder that cannot be read.
pub fn folders_with(parent: &str, file: &str) -> Outcome<Vec<PathBuf>> {
    let parent = repository().join(parent);
    if !parent.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(parent)? {
        let folder = entry?.path();
        if folder.join(file).exists() {
            found.push(folder);
        }
    }
    found.sort();
    Ok(found)
}

/// Every file under a folder, sorted, as paths relative to it.
///
/// # Errors
/// A folder that cannot be read.
pub fn files_under(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    collect(folder, Path::new(""), &mut files)?;
    files.sort();
    Ok(files)
}

fn collect(root: &Path, below: &Path, files: &mut Vec<PathBuf>) -> Outcome {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            collect(root, &path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Copies a folder, links as what they point to.
///
/// # Errors
/// A file that cannot be read or written.
pub fn copy_folder(from: &Path, to: &Path) -> Outcome {
    fs::create_dir_all(to)?;
    for file in files_under(from)? {
        let target = to.join(&file);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(from.join(&file), target)?;
    }
    Ok(())
}
