//! `manifest.json`: the zips that were built, and from what.
//!
//! `artifacts` is for whoever reads it (`cached` is always false there: it tells of a run); `built`
//! is the tool's own memory. A file that cannot be read is the same as none: everything is built.

use super::error::BuildError;
use super::folder::{self, Folder};
use scheduler_plan::unit::{Artifact, BuildUnit};
use serde::{Deserialize, Serialize};
use std::fs::{self, Metadata};
use std::time::UNIX_EPOCH;

/// What was built so far, by any run. Both lists are sorted by path, and have the same paths.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ledger {
    artifacts: Vec<Artifact>,
    built: Vec<Built>,
}

/// What a zip was built from, and how to see that nobody touched it since.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Built {
    path: String,
    inputs: String,
    modified: u64,
}

impl Ledger {
    pub(super) fn read(folder: &Folder) -> Self {
        fs::read(folder.file("manifest.json"))
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default()
    }

    /// The unit's zip, if it is there, untouched, and made from these inputs.
    pub(super) fn find(&self, folder: &Folder, unit: &BuildUnit, inputs: &str) -> Option<Artifact> {
        let path = folder.zip(unit);
        let artifact = self.artifacts.get(self.artifact(&path).ok()?)?;
        let built = self.built.get(self.built(&path).ok()?)?;
        let metadata = fs::metadata(folder.project.join(&path)).ok()?;
        let untouched = metadata.len() == artifact.bytes && nanos(&metadata) == built.modified;
        let places = [folder.unpacked(unit), folder.unpacked_next(unit)];
        let unpacked = places[0].is_none() || places.iter().flatten().any(|place| place.is_dir());
        let fresh = built.inputs == inputs && untouched && unpacked;
        fresh.then(|| Artifact { cached: true, ..artifact.clone() })
    }

    /// The zip that the unit had last, whatever it was made from, if it is still there.
    pub(super) fn last(&self, folder: &Folder, unit: &BuildUnit) -> Option<&Artifact> {
        let path = folder.zip(unit);
        let artifact = self.artifacts.get(self.artifact(&path).ok()?)?;
        folder.project.join(&path).is_file().then_some(artifact)
    }

    /// Remembers a zip, until the file is written.
    pub(super) fn record(
        &mut self,
        folder: &Folder,
        artifact: &Artifact,
        inputs: String,
    ) -> Result<(), BuildError> {
        let path = artifact.path.clone();
        let zip = folder.project.join(&path);
        let metadata = fs::metadata(&zip).map_err(|e| BuildError::io("read", &zip, e))?;
        let at = self.artifact(&path);
        put(&mut self.artifacts, at, artifact.clone());
        let at = self.built(&path);
        put(&mut self.built, at, Built { path, inputs, modified: nanos(&metadata) });
        Ok(())
    }

    /// Writes the file.
    pub(super) fn write(&self, folder: &Folder) -> Result<(), BuildError> {
        let file = folder.file("manifest.json");
        let text = serde_json::to_vec_pretty(self)
            .map_err(|e| BuildError::io("write", &file, e.into()))?;
        folder::write(&file, &text)
    }

    fn artifact(&self, path: &str) -> Result<usize, usize> {
        self.artifacts.binary_search_by(|one| one.path.as_str().cmp(path))
    }

    fn built(&self, path: &str) -> Result<usize, usize> {
        self.built.binary_search_by(|one| one.path.as_str().cmp(path))
    }
}

/// In the place of the one that is there, or between its neighbours.
fn put<T>(list: &mut Vec<T>, at: Result<usize, usize>, one: T) {
    match at {
        Ok(at) => list[at] = one,
        Err(at) => list.insert(at, one),
    }
}

/// When the file was written, in nanoseconds since 1970; 0 where the system does not say.
pub(super) fn nanos(metadata: &Metadata) -> u64 {
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    modified.and_then(|since| u64::try_from(since.as_nanos()).ok()).unwrap_or_default()
}
