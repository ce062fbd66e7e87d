//! Why there is no new project.

use std::io;
use std::path::{Path, PathBuf};

/// Why there is no new project. Nothing of it was left behind.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// It is a project already.
    #[error("{} is there already", shown(.0))]
    Project(PathBuf),
    /// Files would have been overwritten.
    #[error("{} there already and would be overwritten", listed(.0))]
    Taken(Vec<PathBuf>),
    /// Where the folder should be is something else.
    #[error("{} is no folder", shown(.0))]
    NoFolder(PathBuf),
    /// What could not be written.
    #[error("cannot make {}: {cause}", shown(path))]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

impl InitError {
    /// How to go on.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Project(_) => {
                Some("this is a project: `scheduler check` looks at it; `scheduler init DIR` makes another one".into())
            }
            Self::Taken(_) => {
                Some("`scheduler init DIR` makes a project in a folder of its own".into())
            }
            Self::NoFolder(_) => Some("name a folder, or what is to become one".into()),
            Self::Write { .. } => None,
        }
    }
}

fn listed(paths: &[PathBuf]) -> String {
    let names: Vec<_> = paths.iter().map(|path| shown(path)).collect();
    match names.as_slice() {
        [only] => format!("{only} is"),
        names => format!("{} are", names.join(", ")),
    }
}

/// As a person here would name it.
fn shown(path: &Path) -> String {
    format!("`{}`", path.strip_prefix(".").unwrap_or(path).display())
}
