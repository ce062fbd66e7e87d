//! What the zip of a unit holds.

use super::addons;
use super::bundle::Esbuild;
use super::npm::{Npm, Pinned, Purpose};
use crate::build::archive::Entry;
use crate::build::error::BuildError;
use crate::build::request::Target;
use crate::build::sources::{self, Language};
use crate::build::tree::{self, Found};
use crate::build::unit::Workshop;
use scheduler_plan::app::Bundle;
use scheduler_plan::unit::BuildUnit;
use std::path::{Path, PathBuf};

/// A unit of kind node, as the plan says it.
#[derive(Debug)]
pub(in crate::build) struct Node<'a> {
    pub(in crate::build) unit: &'a BuildUnit,
    pub(in crate::build) dir: &'a str,
    pub(in crate::build) without: &'a [String],
    pub(in crate::build) lock: Option<&'a str>,
    pub(in crate::build) bundle: Option<&'a Bundle>,
}

/// The zip's entries.
pub(in crate::build) fn entries(
    workshop: &Workshop<'_>,
    node: &Node<'_>,
) -> Result<Vec<Entry>, BuildError> {
    let Node { unit, dir, .. } = *node;
    let folder = workshop.folder.project.join(dir);
    let own = sources::entries(&folder, Language::Node, node.without)?;
    let target = workshop.request.target;
    let purpose = match (node.bundle, target) {
        (Some(_), _) => Purpose::Bundle,
        (None, Target::Aws) => Purpose::Lambda(unit.architecture),
        (None, Target::Local) => Purpose::Here,
    };
    let packages = match node.lock {
        Some(lock) => Some(install(workshop, node, lock, purpose)?),
        None => None,
    };
    let entries = match (node.bundle, packages) {
        (Some(bundle), Some(packages)) => {
            let shown = format!("{dir}/{}", bundle.entry);
            let (runtime, packages) = (&unit.runtime, &packages);
            let handler = &unit.handler;
            let esbuild = Esbuild { bundle, shown, runtime, handler, packages };
            let log = workshop.folder.log(unit);
            vec![esbuild.run(&own, &workshop.child(unit, &log))?]
        }
        (_, Some(packages)) => tree::laid_over(tree::entries(&packages, is_needed)?, own),
        (_, None) => own,
    };
    if target == Target::Aws {
        addons::check(&entries, unit.architecture)?;
    }
    Ok(entries)
}

fn install(
    workshop: &Workshop<'_>,
    node: &Node<'_>,
    lock: &str,
    purpose: Purpose,
) -> Result<PathBuf, BuildError> {
    let Node { unit, dir, .. } = *node;
    let pinned = Pinned::read(&workshop.folder.project.join(dir), lock)?;
    let npm = Npm { pinned: &pinned, shown_lock: format!("{dir}/{lock}"), purpose };
    let log = workshop.folder.log(unit);
    workshop.installed(unit, pinned.key(purpose), |folder: &Path| {
        npm.install(folder, &workshop.child(unit, &log))
    })
}

/// The packages, without npm's own list of them and links to their programs.
fn is_needed(found: Found<'_>) -> bool {
    let name = found.name();
    match found.depth {
        1 => name == "node_modules",
        _ => name != ".package-lock.json" && name != ".bin",
    }
}
