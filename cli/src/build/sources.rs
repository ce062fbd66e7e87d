//! The files of a plugin's folder that a function needs to run, as entries of its zip.
//!
//! Left out is what only people and tools read; the list stands in the documentation of
//! `[build].kind`.

use super::archive::Entry;
use super::error::BuildError;
use super::tree::{self, Found};
use std::path::Path;

/// Folders that hold no sources of a function.
const FOLDERS: &[&str] = &["__pycache__", "node_modules", "tests"];
/// The same, for Node alone.
const NODE_FOLDERS: &[&str] = &["__tests__", "test"];
/// What package managers write of what they installed.
const LOCKS: &[&str] = &["npm-shrinkwrap.json", "package-lock.json", "pnpm-lock.yaml", "yarn.lock"];
/// Files that mark a folder as one that a tool made.
const MARKS: &[&str] = &["CACHEDIR.TAG", "pyvenv.cfg"];

/// The language of a folder: each has its own names for tests and for lists of packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Python,
    Node,
}

/// The folder's files. `without` are paths relative to the folder.
pub(super) fn entries(
    folder: &Path,
    language: Language,
    without: &[String],
) -> Result<Vec<Entry>, BuildError> {
    let mut entries = tree::entries(folder, |found| is_source(found, language))?;
    entries.retain(|entry| !without.contains(&entry.name));
    Ok(entries)
}

fn is_source(found: Found<'_>, language: Language) -> bool {
    let name = found.name();
    if name.starts_with('.') {
        return false;
    }
    if found.is_dir {
        let is_made = || MARKS.iter().any(|mark| found.path.join(mark).exists());
        let of_node = language == Language::Node && NODE_FOLDERS.contains(&name.as_ref());
        return !FOLDERS.contains(&name.as_ref()) && !of_node && !is_made();
    }
    let top = found.depth == 1;
    let is_of_people = match language {
        Language::Python => is_python_test(&name) || (top && is_requirements(&name)),
        Language::Node => is_node_test(&name) || (top && LOCKS.contains(&name.as_ref())),
    };
    !is_of_people && !name.starts_with("README") && !name.ends_with(".pyc")
}

fn is_python_test(name: &str) -> bool {
    name.strip_suffix(".py").is_some_and(|module| {
        module.starts_with("test_") || module.ends_with("_test") || module == "conftest"
    })
}

fn is_requirements(name: &str) -> bool {
    name.starts_with("requirements") && name.ends_with(".txt")
}

/// `form.test.mjs`, `form.spec.ts`.
fn is_node_test(name: &str) -> bool {
    let (rest, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let is_module = ["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx"].contains(&ending);
    is_module && (rest.ends_with(".test") || rest.ends_with(".spec"))
}
