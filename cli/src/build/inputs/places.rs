//! Where the inputs of units lie, to be watched.

use super::manifests::Manifests;
use super::packages::{Packages, normal};
use scheduler_plan::unit::{BuildUnit, UnitKind};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The files and folders that the units are built from; what is not there yet is among them.
#[must_use]
pub fn places(project: &Path, units: &[BuildUnit]) -> BTreeSet<PathBuf> {
    let mut places = BTreeSet::new();
    let mut manifests = Manifests::default();
    for unit in units {
        let at = |path: &String| normal(&project.join(path));
        places.extend(unit.inputs.iter().map(at));
        match &unit.kind {
            UnitKind::Core { .. } => {}
            UnitKind::Rust { dir, .. } => {
                let packages = Packages::find(&mut manifests, &at(dir), project);
                places.extend(packages.folders);
                places.extend(packages.files);
            }
            UnitKind::Python { dir, .. }
            | UnitKind::Node { dir, .. }
            | UnitKind::Command { dir, .. } => {
                places.insert(at(dir));
            }
            UnitKind::Zip { path } => {
                places.insert(at(path));
            }
        }
    }
    places
}
