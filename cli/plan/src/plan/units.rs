//! Build units: the core first, then a zip a plugin that has a function.

use crate::app::{App, Build, Consumer, LambdaConsumer, Plugin};
use crate::sources::PLUGIN_MANIFEST;
use crate::template::canonical;
use crate::unit::{BuildUnit, UnitKind};

/// The core's unit.
pub(super) const CORE: &str = "core";
/// What its functions are run by.
const CORE_RUNTIME: &str = "provided.al2023";

/// Everything that has to be built.
pub(super) fn units(app: &App, plugins: &[&Plugin]) -> Vec<BuildUnit> {
    let of_plugins = plugins.iter().filter_map(|plugin| match &plugin.consumer {
        Some(Consumer::Lambda(lambda)) => Some(of_plugin(app, plugin, lambda)),
        Some(Consumer::External(_)) | None => None,
    });
    std::iter::once(core(app)).chain(of_plugins).collect()
}

fn core(app: &App) -> BuildUnit {
    BuildUnit {
        name: CORE.to_owned(),
        architecture: app.architecture,
        runtime: CORE_RUNTIME.to_owned(),
        handler: "bootstrap".to_owned(),
        layered: false,
        inputs: Vec::new(),
        kind: UnitKind::Core { job_types: canonical(&app.job_types_document()) },
    }
}

fn of_plugin(app: &App, plugin: &Plugin, lambda: &LambdaConsumer) -> BuildUnit {
    BuildUnit {
        name: plugin.name.to_string(),
        architecture: app.architecture,
        runtime: lambda.runtime.clone(),
        handler: lambda.handler.clone(),
        layered: !lambda.layers.is_empty(),
        inputs: lambda.inputs.iter().map(|path| format!("{}/{path}", plugin.dir)).collect(),
        kind: kind(plugin, &lambda.build),
    }
}

fn kind(plugin: &Plugin, build: &Build) -> UnitKind {
    let dir = plugin.dir.clone();
    match build {
        Build::Rust { bin } => UnitKind::Rust { dir, bin: bin.clone() },
        Build::Python { requirements } => {
            UnitKind::Python { dir, without: without(plugin), requirements: requirements.clone() }
        }
        Build::Node { lock, bundle } => {
            let (lock, bundle) = (lock.clone(), bundle.clone());
            UnitKind::Node { dir, without: without(plugin), lock, bundle }
        }
        Build::Command { run, zip } => {
            UnitKind::Command { dir, run: run.clone(), zip: zip.clone() }
        }
        Build::Zip { zip } => {
            UnitKind::Zip { path: format!("{dir}/{}", zip.trim_start_matches("./")) }
        }
    }
}

/// What the tool itself reads of a folder, and the function does not.
fn without(plugin: &Plugin) -> Vec<String> {
    let template = plugin.resources.as_ref().map(|template| template.path.as_str());
    let template = template.and_then(|path| path.strip_prefix(&format!("{}/", plugin.dir)));
    let template = template.map(|path| path.trim_start_matches("./").to_owned());
    std::iter::once(PLUGIN_MANIFEST.to_owned()).chain(template).collect()
}
