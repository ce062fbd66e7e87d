//! The project on disk, as far as every command needs it.

use crate::error::Failure;
use crate::load;
use crate::settings::Settings;
use scheduler_plan::app::App;
use scheduler_plan::check;
use scheduler_plan::sources::Sources;

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
        Failure::input(error.to_string(), "go to the project's folder, or name it: `--project DIR`")
    })
}

/// One env of the project, its warnings told.
///
/// # Errors
/// Where there is no `scheduler.toml`, or any error in it.
pub fn app(settings: &Settings, env: &str) -> Result<App, Failure> {
    let sources = load(settings)?;
    let resolved = check::app(&sources, env);
    match resolved.app {
        Some(app) => {
            settings.output.problems(&resolved.problems);
            Ok(app)
        }
        None => Err(Failure::Problems(resolved.problems)),
    }
}
