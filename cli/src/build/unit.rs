//! One unit, built: from what the plan says to a zip in its place.

use super::archive::{self, Content, Entry};
use super::cargo::{Invocation, Places, Profile, Tools, install_wrapper};
use super::command::Script;
use super::core;
use super::error::BuildError;
use super::folder::{self, Folder, label};
use super::inputs;
use super::process::Child;
use super::request::{BuildRequest, CoreSource};
use super::sources;
use crate::progress::Progress;
use scheduler_plan::unit::{Artifact, BuildUnit, UnitKind};
use std::path::{Path, PathBuf};

/// What Lambda takes as a zip (AWS Lambda quotas; AWS states it for direct uploads).
const ZIPPED_MAX: u64 = 50 * 1024 * 1024;

/// What all units of a run share.
pub(super) struct Workshop<'a> {
    pub(super) request: &'a BuildRequest<'a>,
    pub(super) folder: &'a Folder,
    pub(super) progress: &'a dyn Progress,
}

impl Workshop<'_> {
    /// Builds the unit's zip and puts it in its place.
    pub(super) fn build(&self, unit: &BuildUnit, tools: &Tools) -> Result<Artifact, BuildError> {
        let entries = self.entries(unit, tools)?;
        let path = self.folder.zip(unit);
        if let Some(place) = self.folder.unpacked(unit) {
            folder::replace(&place, |place| archive::extract(&entries, place))?;
        }
        let zip = archive::pack(entries).map_err(|error| BuildError::ZipUnreadable {
            zip: path.clone(),
            reason: error.to_string(),
        })?;
        let bytes = zip.len() as u64;
        if bytes > ZIPPED_MAX {
            let (state, limit) = ("zipped", ZIPPED_MAX);
            return Err(BuildError::TooLarge { zip: path, state, bytes, limit });
        }
        folder::write(&self.folder.project.join(&path), &zip)?;
        let sha256 = archive::sha256(&zip);
        Ok(Artifact { name: unit.name.clone(), path, sha256, bytes, cached: false })
    }

    fn entries(&self, unit: &BuildUnit, tools: &Tools) -> Result<Vec<Entry>, BuildError> {
        match &unit.kind {
            UnitKind::Core { job_types } => {
                Ok(core::entries(self.core_bootstrap(unit, tools)?, job_types))
            }
            UnitKind::Rust { dir, bin } => {
                let bootstrap = self.package(unit, dir, bin, tools)?;
                let content = Content::Executable(bootstrap);
                Ok(vec![Entry { name: "bootstrap".into(), content }])
            }
            UnitKind::Python { dir, without, requirements: _ } => {
                sources::entries(&self.folder.project.join(dir), without)
            }
            UnitKind::Command { dir, run, zip } => {
                let target = self.request.target;
                let script = Script { unit, dir, run, zip, target };
                script.entries(self.folder, &self.child(unit, &self.folder.log(unit)))
            }
            UnitKind::Zip { path } => archive::read(&self.folder.project.join(path), path),
        }
    }

    fn core_bootstrap(&self, unit: &BuildUnit, tools: &Tools) -> Result<Vec<u8>, BuildError> {
        let checkout = match &self.request.core {
            CoreSource::Embedded(bytes) => return core::embedded(bytes, unit.architecture),
            CoreSource::Checkout(checkout) => checkout,
        };
        let invocation = Invocation {
            folder: checkout,
            shown: checkout.display().to_string(),
            package: Some(core::PACKAGE),
            bin: core::BIN,
            profile: Profile::Lambda,
            locked: checkout.join("Cargo.lock").is_file(),
            target: self.request.target,
            architecture: unit.architecture,
            places: self.places(unit, checkout, core::cargo_target(checkout))?,
        };
        self.cargo(unit, tools, &invocation)
    }

    fn package(
        &self,
        unit: &BuildUnit,
        dir: &str,
        bin: &str,
        tools: &Tools,
    ) -> Result<Vec<u8>, BuildError> {
        let folder = self.folder.project.join(dir);
        let invocation = Invocation {
            folder: &folder,
            shown: dir.to_owned(),
            package: None,
            bin,
            profile: Profile::Release,
            locked: inputs::is_locked(&folder),
            target: self.request.target,
            architecture: unit.architecture,
            places: self.places(unit, &self.folder.project, self.folder.cargo_target())?,
        };
        self.cargo(unit, tools, &invocation)
    }

    fn cargo(
        &self,
        unit: &BuildUnit,
        tools: &Tools,
        invocation: &Invocation<'_>,
    ) -> Result<Vec<u8>, BuildError> {
        tools.check(self.request.target, &self.folder.file("logs"))?;
        invocation.run(&self.child(unit, &self.folder.log(unit)))
    }

    fn places<'a>(
        &self,
        unit: &BuildUnit,
        root: &'a Path,
        target: PathBuf,
    ) -> Result<Places<'a>, BuildError> {
        let out = self.folder.cargo_target().join("lambda").join(label(unit));
        let wrapper = install_wrapper(self.folder)?;
        Ok(Places { root, target, out, wrapper })
    }

    fn child<'a>(&'a self, unit: &'a BuildUnit, log: &'a Path) -> Child<'a> {
        let shown_log = self.folder.shown(log);
        Child { unit: &unit.name, log, shown_log, progress: self.progress }
    }
}
