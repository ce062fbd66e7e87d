//! The project on disk, as far as every command needs it.

use crate::error::Failure;
use crate::load;
use crate::settings::Settings;
use scheduler_plan::app::App;
use scheduler_plan::check::{self, Checked, Decided};
use scheduler_plan::code::Code;
use scheduler_plan::nearest::did_you_mean;
use scheduler_plan::problem::{Problem, Severity};
use scheduler_plan::resolve;
use scheduler_plan::sources::Sources;

/// What stands in an env's place for the system on this machine. No env may have this name.
pub const LOCAL: &str = "local";

/// Reads the project.
///
/// # Errors
/// Where there is no `scheduler.toml`.
pub fn load(settings: &Settings) -> Result<Sources, Failure> {
    let project = &settings.project;
    if !project.is_dir() {
        let what = match project.exists() {
            true => format!("`{}` is no folder", project.display()),
            false => format!("there is no folder `{}`", project.display()),
        };
        return Err(Failure::input(what, "`--project` names the folder of `scheduler.toml`"));
    }
    load::load(project).map_err(|error| {
        let hint =
            "go to the project's folder, or name it: `--project DIR`; `scheduler init` makes one";
        Failure::input(error.to_string(), hint)
    })
}

/// One env of the project, its warnings told.
///
/// # Errors
/// Where there is no `scheduler.toml`, or any error in it.
pub fn app(settings: &Settings, env: &str) -> Result<App, Failure> {
    decided(settings, env).map(|decided| decided.app)
}

/// The same for a command to which `local` is this machine.
///
/// # Errors
/// Where there is no `scheduler.toml`, or any error in it.
pub fn app_beside_local(settings: &Settings, env: &str) -> Result<App, Failure> {
    let sources =
        load(settings).map_err(|failure| match (failure, did_you_mean(env, &[LOCAL])) {
            (Failure::Input { what, .. }, hint @ Some(_)) => Failure::Input { what, hint },
            (failure, _) => failure,
        })?;
    let Checked { decided, mut problems } = check::app(&sources, env);
    let names = resolve::env_names(&sources);
    let known: Vec<&str> = names.iter().map(String::as_str).chain([LOCAL]).collect();
    for problem in problems.iter_mut().filter(|problem| problem.code == Code::UnknownEnv) {
        problem.hint = resolve::env_meant(env, &known);
    }
    told(settings, decided, problems).map(|decided| decided.app)
}

/// The same with its plan and its drafts.
///
/// # Errors
/// Where there is no `scheduler.toml`, or any error in it.
pub fn decided(settings: &Settings, env: &str) -> Result<Decided, Failure> {
    decided_of(settings, &load(settings)?, env)
}

/// The same of a project that has been read.
///
/// # Errors
/// Any error in it.
pub fn decided_of(settings: &Settings, sources: &Sources, env: &str) -> Result<Decided, Failure> {
    let Checked { decided, problems } = check::app(sources, env);
    told(settings, decided, problems)
}

/// The same of an env that is to be deployed: what is over a limit of AWS's is an error now, before
/// anything is built or uploaded for it.
///
/// # Errors
/// Where there is no `scheduler.toml`, or any error in it, or it is over a limit.
pub fn deployable(settings: &Settings, env: &str) -> Result<Decided, Failure> {
    let Checked { decided, mut problems } = check::app(&load(settings)?, env);
    let mut within = true;
    for problem in problems.iter_mut().filter(|problem| problem.code.is_limit()) {
        problem.severity = Severity::Error;
        within = false;
    }
    told(settings, decided.filter(|_| within), problems)
}

fn told(
    settings: &Settings,
    decided: Option<Decided>,
    problems: Vec<Problem>,
) -> Result<Decided, Failure> {
    let decided = decided.ok_or_else(|| Failure::Problems(problems.clone()))?;
    settings.output.problems(&problems);
    Ok(decided)
}
