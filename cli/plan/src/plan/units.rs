//! Build units: the core first, then a zip a plugin that has a function.

use crate::app::{App, Build, Consumer, Plugin};
use crate::template::canonical;
use crate::unit::{BuildUnit, UnitKind};

/// The core's unit.
pub(super) const CORE: &str = "core";

/// Everything that has to be built.
pub(super) fn units(app: &App, plugins: &[&Plugin]) -> Vec<BuildUnit> {
    let core = UnitKind::Core { job_types: canonical(&app.job_types_document()) };
    let of_plugins = plugins.iter().filter_map(|plugin| match &plugin.consumer {
        Some(Consumer::Lambda(lambda)) => {
            Some((plugin.name.to_string(), kind(&plugin.dir, &lambda.build)))
        }
        Some(Consumer::Queue { .. }) | None => None,
    });
    std::iter::once((CORE.to_owned(), core))
        .chain(of_plugins)
        .map(|(name, kind)| BuildUnit { name, architecture: app.architecture, kind })
        .collect()
}

fn kind(dir: &str, build: &Build) -> UnitKind {
    let dir = dir.to_owned();
    match build {
        Build::Rust { bin } => UnitKind::Rust { dir, bin: bin.clone() },
        Build::Command { run, zip } => {
            UnitKind::Command { dir, run: run.clone(), zip: zip.clone() }
        }
        Build::Zip { zip } => {
            UnitKind::Zip { path: format!("{dir}/{}", zip.trim_start_matches("./")) }
        }
    }
}
