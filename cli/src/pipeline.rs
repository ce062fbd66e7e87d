//! The stages one after another, as far as a command needs them.
//!
//! load -> resolve -> plan -> build -> synth; what follows (`diff`, `deploy`) is in `cloud`.

use crate::build::{
    self, BuildError, BuildFailure, BuildReport, BuildRequest, CoreSource, Fault, Target, Zip,
};
use crate::deploy::place::Places;
use crate::deploy::release::{ObjectFile, Release};
use crate::error::{Failure, UnbuiltZip};
use crate::load;
use crate::project;
use crate::settings::Settings;
use crate::text::count;
use scheduler_plan::app::App;
use scheduler_plan::check::Decided;
use scheduler_plan::problem::{Place, Problem, Severity};
use scheduler_plan::sources::{MANIFEST, PLUGIN_MANIFEST};
use scheduler_plan::synth::{self, SynthError};
use scheduler_plan::template::{Templates, canonical};
use scheduler_plan::unit::{Artifact, BuildUnit, UnitKind};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One env with everything that a deploy needs.
#[derive(Debug)]
pub struct Synthesised {
    /// As decided.
    pub app: App,
    /// The zips.
    pub artifacts: Vec<Artifact>,
    /// The templates.
    pub templates: Templates,
    /// What was told of the project all the same.
    pub warnings: Vec<Problem>,
}

/// Loads, resolves and plans.
///
/// # Errors
/// The project's problems.
pub fn plan(settings: &Settings, env: &str) -> Result<Decided, Failure> {
    project::decided(settings, env)
}

/// Builds what is stale.
///
/// # Errors
/// What could not be built, after everything else was.
pub fn build(settings: &Settings, units: &[BuildUnit]) -> Result<Vec<Artifact>, Failure> {
    build_for(settings, units, Target::Aws)
}

/// Builds what is stale for this machine; each is unpacked under `.scheduler/build/local/`.
///
/// # Errors
/// What could not be built, after everything else was.
pub fn build_local(settings: &Settings, units: &[BuildUnit]) -> Result<Vec<Artifact>, Failure> {
    build_for(settings, units, Target::Local)
}

/// What is there of the zips for AWS, with nothing built.
///
/// # Errors
/// A source that cannot be read.
pub fn look(settings: &Settings, units: &[BuildUnit]) -> Result<Vec<Zip>, Failure> {
    let core = CoreSource::of_this_binary();
    let request = BuildRequest { project: &settings.project, units, target: Target::Aws, core };
    build::look(&request).map_err(|error| cannot_build(&error))
}

fn build_for(
    settings: &Settings,
    units: &[BuildUnit],
    target: Target,
) -> Result<Vec<Artifact>, Failure> {
    let core = CoreSource::of_this_binary();
    let request = BuildRequest { project: &settings.project, units, target, core };
    let report = build::build(&request, &settings.output);
    let BuildReport { artifacts, failures } = report.map_err(|error| cannot_build(&error))?;
    match failures.as_slice() {
        [] => Ok(artifacts),
        failures => Err(unbuilt(settings, failures, units)),
    }
}

fn cannot_build(error: &BuildError) -> Failure {
    let (what, hint) = (error.to_string(), error.hint());
    match error.fault() {
        Fault::Input => Failure::Input { what, hint },
        Fault::Failure => Failure::Failed { what, hint },
    }
}

fn unbuilt(settings: &Settings, failures: &[BuildFailure], units: &[BuildUnit]) -> Failure {
    for failure in failures {
        if let Some(log) = failure.output() {
            settings.output.quote(&log.text);
        }
        settings.output.complain(&failure.to_string(), failure.hint().as_deref());
    }
    let what = format!("{} of {} could not be built", failures.len(), count(units.len(), "zip"));
    let zips = failures.iter().map(|failure| UnbuiltZip {
        unit: failure.unit.clone(),
        place: failure.place().unwrap_or_else(|| asked_for(&failure.unit, units)),
        severity: Severity::Error,
        what: failure.error.to_string(),
        hint: failure.hint(),
    });
    let input = failures.iter().all(|failure| failure.fault() == Fault::Input);
    Failure::Unbuilt { what, zips: zips.collect(), input }
}

/// The file that asks for the unit's zip.
fn asked_for(name: &str, units: &[BuildUnit]) -> Place {
    let kind = units.iter().find(|unit| unit.name == name).map(|unit| &unit.kind);
    Place::file(&match kind {
        Some(
            UnitKind::Rust { dir, .. }
            | UnitKind::Python { dir, .. }
            | UnitKind::Node { dir, .. }
            | UnitKind::Command { dir, .. },
        ) => format!("{dir}/{PLUGIN_MANIFEST}"),
        Some(UnitKind::Zip { path }) => path.clone(),
        Some(UnitKind::Core { .. }) | None => MANIFEST.to_owned(),
    })
}

/// Loads, resolves, plans, builds what is stale, and writes the templates.
///
/// # Errors
/// The project's problems, what could not be built, a template that breaks.
pub fn synth(settings: &Settings, env: &str) -> Result<Synthesised, Failure> {
    finished(settings, project::decided(settings, env)?)
}

/// The same of what has been planned.
///
/// # Errors
/// What could not be built, a template that breaks.
pub fn finished(settings: &Settings, decided: Decided) -> Result<Synthesised, Failure> {
    let artifacts = build(settings, &decided.plan.units)?;
    synthesised(decided, artifacts, &[])
}

/// The same, with nothing built but the core, for these job types, and one plugin. The templates
/// name nothing of the others' code: they are good for this plugin alone.
///
/// # Errors
/// What could not be built, a template that breaks.
pub fn finished_for(
    settings: &Settings,
    decided: Decided,
    (plugin, job_types): (&str, &Map<String, Value>),
) -> Result<Synthesised, Failure> {
    let of_types = canonical(&Value::Object(job_types.clone()));
    let (mut units, mut others) = (Vec::new(), Vec::new());
    for unit in &decided.plan.units {
        match &unit.kind {
            UnitKind::Core { .. } => {
                let kind = UnitKind::Core { job_types: of_types.clone() };
                units.push(BuildUnit { kind, ..unit.clone() });
            }
            _ if unit.name == plugin => units.push(unit.clone()),
            _ => others.push(unbuilt_artifact(&unit.name)),
        }
    }
    let artifacts = build(settings, &units)?;
    synthesised(decided, artifacts, &others)
}

/// Stands for a zip that nothing of this deploy needs.
fn unbuilt_artifact(name: &str) -> Artifact {
    let sha256 = "0".repeat(64);
    Artifact { name: name.to_owned(), path: String::new(), sha256, bytes: 0, cached: true }
}

fn synthesised(
    decided: Decided,
    artifacts: Vec<Artifact>,
    others: &[Artifact],
) -> Result<Synthesised, Failure> {
    let Decided { app, plan, drafts, warnings } = decided;
    let named = artifacts.iter().chain(others);
    let by_name: BTreeMap<String, Artifact> =
        named.map(|artifact| (artifact.name.clone(), artifact.clone())).collect();
    let templates = synth::finish(&plan, &drafts, &by_name).map_err(broken)?;
    Ok(Synthesised { app, artifacts, templates, warnings })
}

/// A template that breaks only once its zip's key is known.
fn broken(errors: Vec<SynthError>) -> Failure {
    let problems: Vec<_> = errors.iter().filter_map(SynthError::problem).collect();
    match problems.is_empty() {
        false => Failure::Problems(problems),
        true => {
            Failure::failed(errors.iter().map(SynthError::to_string).collect::<Vec<_>>().join("; "))
        }
    }
}

impl Synthesised {
    /// What the deploy engine obeys.
    #[must_use]
    pub fn release(&self, settings: &Settings) -> Release {
        let objects = self.artifacts.iter().map(|artifact| ObjectFile {
            key: artifact.sha256.clone(),
            path: settings.project.join(&artifact.path),
        });
        Release {
            stack: self.app.prefix(),
            service: self.app.service.to_string(),
            env: self.app.env.to_string(),
            region: self.app.region.to_string(),
            account: self.app.account.as_ref().map(ToString::to_string),
            protect: self.app.protect,
            templates: self.templates.clone(),
            objects: objects.collect(),
            job_types: self.app.job_types.keys().map(ToString::to_string).collect(),
            schemas: self.app.job_types_document().as_object().cloned().unwrap_or_default(),
            places: Places::new(&self.app, |path| load::text(&settings.project, path)),
        }
    }
}
