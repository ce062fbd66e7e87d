//! Reads the project: `scheduler.toml`, each `plugin.toml`, and the files that they name.
//!
//! In: a folder. Out: [`Sources`]. The core says which files are wanted; here they are only
//! read. What cannot be read is a problem with a place, never a stop.

mod folders;
mod signature;

use scheduler_plan::code::Code;
use scheduler_plan::problem::{Place, Problem};
use scheduler_plan::resolve;
use scheduler_plan::sources::{
    FileFact, MANIFEST, PLUGIN_MANIFEST, PluginSource, Sources, WantedFile, plugin_patterns,
    read_manifest, read_plugin, wanted_by_app, wanted_by_plugin,
};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

pub use folders::folder_for;
pub use signature::signature;

/// The project has no `scheduler.toml` that could be read.
#[derive(Debug, thiserror::Error)]
#[error("there is no `{MANIFEST}` in `{folder}`")]
pub struct NoManifest {
    folder: String,
}

/// The text of a file of the project, to find a line in; none where it cannot be read.
#[must_use]
pub fn text(project: &Path, path: &str) -> Option<String> {
    fs::read_to_string(project.join(path)).ok()
}

/// Reads a project.
///
/// # Errors
/// [`NoManifest`] where the folder has none.
pub fn load(project: &Path) -> Result<Sources, NoManifest> {
    let mut problems = Vec::new();
    let text = match fact(&project.join(MANIFEST), true) {
        FileFact::Text(text) => text,
        FileFact::Missing => {
            return Err(NoManifest { folder: project.display().to_string() });
        }
        other => {
            problems.push(unreadable(MANIFEST, &other));
            String::new()
        }
    };
    let (app, found) = read_manifest(MANIFEST, &text);
    // An unreadable file lacks everything; that it is unreadable is the one thing to say.
    if problems.is_empty() {
        problems.extend(found);
    }
    let files = facts(project, &wanted_by_app(&app));
    let (dirs, found) = folders::plugin_folders(project, &plugin_patterns(&app));
    problems.extend(found);
    let plugins = dirs.iter().filter_map(|dir| plugin(project, dir, &mut problems)).collect();
    Ok(Sources { app, files, plugins, problems })
}

fn plugin(project: &Path, dir: &str, problems: &mut Vec<Problem>) -> Option<PluginSource> {
    let path = format!("{dir}/{PLUGIN_MANIFEST}");
    let folder = project.join(dir);
    let text = match fact(&folder.join(PLUGIN_MANIFEST), true) {
        FileFact::Text(text) => text,
        other => {
            problems.push(unreadable(&path, &other));
            return None;
        }
    };
    let (written, found) = read_plugin(&path, &text);
    problems.extend(found);
    let files = facts(&folder, &wanted_by_plugin(&written.value));
    Some(PluginSource { dir: dir.into(), written, files })
}

fn facts(folder: &Path, wanted: &[WantedFile]) -> BTreeMap<String, FileFact> {
    wanted
        .iter()
        .map(|file| (file.path.clone(), fact(&folder.join(&file.path), file.text)))
        .collect()
}

fn fact(path: &Path, text: bool) -> FileFact {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return FileFact::Missing;
        }
        Err(error) => return FileFact::Unreadable(error.to_string()),
    };
    if metadata.is_dir() {
        return FileFact::Folder;
    }
    if !metadata.is_file() {
        return FileFact::Unreadable("it is no regular file".into());
    }
    if !text {
        return FileFact::Present { executable: executable(&metadata) };
    }
    match fs::read(path) {
        Ok(bytes) => {
            String::from_utf8(bytes).map_or_else(|error| not_utf8(path, &error), FileFact::Text)
        }
        Err(error) => FileFact::Unreadable(error.to_string()),
    }
}

fn not_utf8(path: &Path, error: &std::string::FromUtf8Error) -> FileFact {
    let valid = error.utf8_error().valid_up_to();
    let before = String::from_utf8_lossy(&error.as_bytes()[..valid]);
    let Place { line, column, .. } = Place::at(&path.to_string_lossy(), &before, valid);
    FileFact::NotUtf8 { line, column }
}

#[cfg(unix)]
fn executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn executable(_: &fs::Metadata) -> bool {
    true
}

fn unreadable(path: &str, fact: &FileFact) -> Problem {
    let place = Place::file(path);
    match fact {
        FileFact::NotUtf8 { line, column } => {
            resolve::not_utf8(Place { path: path.into(), line: *line, column: *column })
        }
        FileFact::Folder => {
            Problem::error(Code::FolderNotFile, place, "this is a folder, not a file")
        }
        FileFact::Unreadable(why) => {
            Problem::error(Code::Unreadable, place, format!("cannot be read: {why}"))
                .hint(resolve::READABLE)
        }
        FileFact::Missing | FileFact::Text(_) | FileFact::Present { .. } => {
            Problem::error(Code::NoSuchFile, place, "there is no such file")
        }
    }
}
