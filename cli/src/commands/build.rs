//! `scheduler build`: the zips of all functions, only what is stale.

use crate::error::Failure;
use crate::pipeline;
use crate::project;
use crate::settings::Settings;
use scheduler_plan::nearest::{did_you_mean, list};
use scheduler_plan::resolve;
use scheduler_plan::unit::{Artifact, BuildUnit};
use serde_json::json;

/// Builds all zips, or those of some plugins.
///
/// # Errors
/// The project's problems, an unknown plugin, what could not be built.
pub fn build(settings: &Settings, env: Option<&str>, plugins: &[String]) -> Result<(), Failure> {
    let sources = project::load(settings)?;
    // Without one, any will do: they differ in settings, not in what is built. The first is the
    // one that people try things on.
    let env = env.map_or_else(|| resolve::env_names(&sources).swap_remove(0), str::to_owned);
    let units = chosen(project::decided_of(settings, &sources, &env)?.plan.units, plugins)?;
    let artifacts = pipeline::build(settings, &units)?;
    let lines: Vec<_> = artifacts.iter().map(line).collect();
    settings.output.result(&lines.join("\n"), &json!({ "artifacts": artifacts }));
    Ok(())
}

fn chosen(units: Vec<BuildUnit>, plugins: &[String]) -> Result<Vec<BuildUnit>, Failure> {
    if plugins.is_empty() {
        return Ok(units);
    }
    let known: Vec<&str> = units.iter().map(|unit| unit.name.as_str()).collect();
    if let Some(unknown) = plugins.iter().find(|name| !known.contains(&name.as_str())) {
        let what = format!("no plugin `{unknown}` has anything to build");
        let hint =
            did_you_mean(unknown, &known).unwrap_or_else(|| format!("it can be {}", list(&known)));
        return Err(Failure::input(what, hint));
    }
    Ok(units.into_iter().filter(|unit| plugins.contains(&unit.name)).collect())
}

fn line(artifact: &Artifact) -> String {
    let Artifact { name, path, sha256, bytes, cached } = artifact;
    let state = if *cached { "cached" } else { "built" };
    let digest = sha256.get(..12).unwrap_or(sha256);
    format!("{state:6}  {digest}  {:>9} kB  {name}  {path}", bytes.div_ceil(1000))
}
