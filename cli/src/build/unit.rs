//! One unit, built: from what the plan says to a zip in its place.

use super::archive::{self, Content, Entry};
use super::cargo::{Invocation, Places, Profile, Tools, install_wrapper};
use super::command::Script;
use super::core;
use super::error::BuildError;
use super::folder::{self, Folder, label};
use super::inputs::{self, Inputs};
use super::process::Child;
use super::python::{self, Interpreter, Machine, Pip, Platform};
use super::request::{BuildRequest, CoreSource, Target};
use super::sources::Language;
use super::{contents, kept, node, sources, tree};
use crate::progress::Progress;
use scheduler_plan::unit::{Artifact, BuildUnit, UnitKind};
use std::fs;
use std::path::{Path, PathBuf};

/// What Lambda takes as a zip (AWS Lambda quotas; AWS states it for direct uploads).
const ZIPPED_MAX: u64 = 50 * 1024 * 1024;

/// What all units of a run share.
pub(super) struct Workshop<'a> {
    pub(super) request: &'a BuildRequest<'a>,
    pub(super) folder: &'a Folder,
    pub(super) progress: &'a dyn Progress,
    pub(super) python: &'a Interpreter,
}

/// The zip as its author knows it.
fn shown(unit: &BuildUnit, made: &str) -> String {
    match &unit.kind {
        UnitKind::Zip { path } => path.clone(),
        UnitKind::Command { dir, zip, .. } => format!("{dir}/{zip}"),
        _ => made.to_owned(),
    }
}

impl Workshop<'_> {
    /// Builds the unit's zip and puts it in its place.
    pub(super) fn build(&self, unit: &BuildUnit, tools: &Tools) -> Result<Artifact, BuildError> {
        let entries = self.entries(unit, tools)?;
        let path = self.folder.zip(unit);
        contents::check(&entries, unit, self.request.target, &shown(unit, &path))?;
        let zip = archive::pack(&entries).map_err(|error| BuildError::ZipUnreadable {
            zip: path.clone(),
            reason: error.to_string(),
        })?;
        let bytes = zip.len() as u64;
        if bytes > ZIPPED_MAX {
            let (state, limit) = ("zipped", ZIPPED_MAX);
            let zip = shown(unit, &path);
            return Err(BuildError::TooLarge { zip, state, bytes, limit });
        }
        if let Some(place) = self.folder.unpacked_next(unit) {
            folder::replace(&place, |place| archive::extract(&entries, place))?;
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
            UnitKind::Python { dir, without, requirements } => {
                let packages = match requirements {
                    Some(requirements) => self.wheels(unit, &format!("{dir}/{requirements}"))?,
                    None => Vec::new(),
                };
                let folder = self.folder.project.join(dir);
                let own = sources::entries(&folder, Language::Python, without)?;
                Ok(tree::laid_over(packages, own))
            }
            UnitKind::Node { dir, without, lock, bundle } => {
                let (lock, bundle) = (lock.as_deref(), bundle.as_ref());
                node::entries(self, &node::Node { unit, dir, without, lock, bundle })
            }
            UnitKind::Command { dir, run, zip } => {
                let target = self.request.target;
                let script = Script { unit, dir, run, zip, target };
                script.entries(self.folder, &self.child(unit, &self.folder.log(unit)))
            }
            UnitKind::Zip { path } => archive::read(&self.folder.project.join(path), path),
        }
    }

    fn wheels(&self, unit: &BuildUnit, requirements: &str) -> Result<Vec<Entry>, BuildError> {
        let path = self.folder.project.join(requirements);
        let text = fs::read_to_string(&path).map_err(|e| BuildError::io("read", &path, e))?;
        let machine = match (self.request.target, Platform::of(&unit.runtime, unit.architecture)) {
            (Target::Aws, Some(platform)) => Machine::Lambda(platform),
            _ => Machine::Here(self.python.identity(&self.folder.root)?),
        };
        self.note(unit, machine);
        let key = format!("{}\n{text}", machine.identity());
        let shown = requirements.to_owned();
        let pip = Pip { requirements: &path, shown, text, machine };
        let log = self.folder.log(unit);
        let installed = self.installed(unit, key, |folder| {
            pip.install(folder, &self.folder.root, &self.child(unit, &log))
        })?;
        python::entries(&installed)
    }

    /// The folder of the packages that are asked for by `key`, and of what the plugin's author says
    /// that they are made of.
    pub(super) fn installed(
        &self,
        unit: &BuildUnit,
        mut key: String,
        install: impl FnOnce(&Path) -> Result<(), BuildError>,
    ) -> Result<PathBuf, BuildError> {
        if !unit.inputs.is_empty() {
            let mut inputs = Inputs::new(self.request, self.folder, self.python);
            key.push_str(&inputs.named(&unit.inputs, None)?);
        }
        kept::installed(self.folder, unit, &key, install)
    }

    fn note(&self, unit: &BuildUnit, machine: Machine<'_>) {
        let Machine::Here(identity) = machine else { return };
        let here = python::version(identity);
        if let (Some(here), Some(there)) = (here, unit.runtime.strip_prefix("python"))
            && here != there
        {
            self.progress.line(&format!(
                "the packages of `{}` are those for this machine's Python {here}; on AWS they are \
                 those for Python {there}",
                unit.name
            ));
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

    pub(super) fn child<'a>(&'a self, unit: &'a BuildUnit, log: &'a Path) -> Child<'a> {
        let shown_log = self.folder.shown(log);
        Child { unit: &unit.name, log, shown_log, progress: self.progress }
    }
}
