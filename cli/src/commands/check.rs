//! `scheduler check`: every problem of the project at once.

use crate::error::Failure;
use crate::project;
use crate::settings::Settings;
use crate::text::count;
use scheduler_plan::check as checks;
use scheduler_plan::problem::Severity;
use scheduler_plan::resolve;
use scheduler_plan::sources::Sources;
use serde_json::json;

/// Tells all problems, of one env or of all.
///
/// # Errors
/// [`Failure::Problems`] where there is an error.
pub fn check(settings: &Settings, env: Option<&str>) -> Result<(), Failure> {
    let sources = project::load(settings)?;
    let problems = match env {
        Some(env) => checks::app(&sources, env).problems,
        None => checks::check(&sources),
    };
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(Failure::Problems(problems));
    }
    settings.output.problems(&problems);
    let envs = match env {
        Some(env) => vec![env.to_owned()],
        None => resolve::env_names(&sources),
    };
    let text = format!(
        "no problems in {}, {}, {} {}",
        count(sources.plugins.len(), "plugin"),
        count(type_count(&sources), "job type"),
        if envs.len() == 1 { "env" } else { "envs" },
        envs.join(", ")
    );
    let value = json!({"plugins": sources.plugins.len(), "envs": envs, "problems": problems});
    settings.output.result(&text, &value);
    Ok(())
}

fn type_count(sources: &Sources) -> usize {
    let of_plugins = sources.plugins.iter().map(|plugin| plugin.written.value.job_types.len());
    of_plugins.sum::<usize>() + sources.app.value.job_types.len()
}
