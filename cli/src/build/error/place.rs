//! Which file has to be mended.

use super::{BuildError, BuildFailure, PackagesError};
use scheduler_plan::problem::Place;

impl BuildFailure {
    /// The file to mend, where one is known.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match &self.error {
            BuildError::Packages(PackagesError::NoWheel { place, .. }) => Some(place.clone()),
            error => error.file().map(|file| Place::file(&file)),
        }
    }
}

impl BuildError {
    fn file(&self) -> Option<String> {
        Some(match self {
            Self::ScriptMissing { script }
            | Self::ScriptNotExecutable { script }
            | Self::ScriptUnstartable { script, .. }
            | Self::ScriptFailed { script, .. }
            | Self::NoZip { script, .. }
            | Self::OldZip { script, .. } => script.clone(),
            Self::ZipMissing { zip }
            | Self::ZipUnreadable { zip, .. }
            | Self::EntryOutside { zip, .. }
            | Self::EntryTwice { zip, .. }
            | Self::EntryBelow { zip, .. }
            | Self::LinkOutside { zip, .. } => zip.clone(),
            Self::LinkNowhere { link, .. } => link.clone(),
            Self::PackageMissing { manifest } => manifest.clone(),
            Self::CompileFailed { package, .. } | Self::BinaryMissing { package, .. } => {
                format!("{package}/Cargo.toml")
            }
            Self::Packages(error) => error.file().to_owned(),
            Self::Node(error) => return error.file().map(str::to_owned),
            Self::TooLarge { .. }
            | Self::Contents(_)
            | Self::MissingTool(_)
            | Self::WrongBinary { .. }
            | Self::CheckoutGone { .. }
            | Self::Io { .. } => return None,
        })
    }
}
