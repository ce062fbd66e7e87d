//! `scheduler plugin new`: a plugin's folder that works at once.

use crate::args::NewArgs;
use crate::error::Failure;
use crate::init::{self, Delivery, InitError, Language, NewPlugin};
use crate::load;
use crate::project;
use crate::settings::Settings;
use scheduler_plan::check;
use scheduler_plan::names::PluginName;
use scheduler_plan::problem::Severity;
use scheduler_plan::sources::{MANIFEST, Sources, plugin_patterns};
use serde_json::json;
use std::path::Path;

/// Makes the folder and tells what to do next.
///
/// # Errors
/// [`Failure::Input`] for a name that cannot be, [`Failure::Refused`] where something of that name
/// is there already, or what could not be written.
pub(super) fn new(settings: &Settings, args: &NewArgs) -> Result<(), Failure> {
    let sources = project::load(settings)?;
    let name = name(&args.name)?;
    let place = place(&sources, &name)?;
    let plugin = NewPlugin {
        schema: schema(&settings.project, &place),
        name,
        language: language(args)?,
        delivery: if args.direct { Delivery::Direct } else { Delivery::Queue },
    };
    free(&sources, &plugin)?;
    allowed(&sources, &plugin, &place)?;
    let folder = settings.project.join(&place);
    let files = init::in_folder(&folder, |_| init::write(&folder, &plugin.files()));
    let files = files.map_err(failure)?;
    let next = next(&plugin, &place);
    let value = json!({
        "plugin": plugin.name.as_str(),
        "folder": place,
        "job_type": plugin.job_type(),
        "files": files,
        "next": next.iter().map(|(command, _)| command).collect::<Vec<_>>(),
    });
    settings.output.result(&text(&plugin, &place, &files, &next), &value);
    Ok(())
}

fn name(text: &str) -> Result<PluginName, Failure> {
    let refused = |why: String| Failure::input(format!("`{text}` cannot be a plugin's name"), why);
    let name = PluginName::parse(text).map_err(refused)?;
    init::job_type(&name).map_err(refused)?;
    Ok(name)
}

fn language(args: &NewArgs) -> Result<Language, Failure> {
    if args.direct && args.language == Language::None {
        let what = "`--direct` says how a function gets its ticks, and there is none";
        return Err(Failure::input(what, "leave out `--direct`, or choose a language"));
    }
    Ok(args.language)
}

/// The folder, relative to the project, by the first pattern that would find it.
fn place(sources: &Sources, name: &PluginName) -> Result<String, Failure> {
    let name = name.as_str();
    let patterns = plugin_patterns(&sources.app);
    let found = patterns.iter().find_map(|(pattern, _)| load::folder_for(pattern, name));
    found.ok_or_else(|| {
        let patterns: Vec<_> = patterns.iter().map(|(text, _)| format!("`{text}`")).collect();
        let what = format!(
            "no pattern of `[service].plugins` would find a folder `{name}`: {}",
            patterns.join(", ")
        );
        Failure::input(what, format!("add `\"plugins/*\"` to `plugins` in `{MANIFEST}`"))
    })
}

/// What it would share a name with.
fn free(sources: &Sources, plugin: &NewPlugin) -> Result<(), Failure> {
    let job_type = plugin.job_type();
    let inline = sources.app.value.job_types.contains_key(&job_type);
    let inline = inline.then_some(MANIFEST);
    let taken = sources.plugins.iter().find(|other| {
        let folder = other.dir.rsplit('/').next().unwrap_or_default();
        folder == plugin.name.as_str() || other.written.value.job_types.contains_key(&job_type)
    });
    let Some(owner) = taken.map(|other| other.dir.as_str()).or(inline) else { return Ok(()) };
    Err(Failure::Refused {
        what: format!("the plugin `{}` or its job type `{job_type}` is there already", plugin.name),
        hint: Some(format!("it is in `{owner}`; choose another name")),
    })
}

/// What `check` would have against the folder is told before there is one.
fn allowed(sources: &Sources, plugin: &NewPlugin, place: &str) -> Result<(), Failure> {
    let before = check::check(sources);
    let mut with = sources.clone();
    with.plugins.push(plugin.source(place));
    let after = check::check(&with).into_iter();
    let mut new = after.filter(|one| one.severity == Severity::Error && !before.contains(one));
    let Some(problem) = new.next() else { return Ok(()) };
    let what = format!("`{}` cannot be this plugin's name: {}", plugin.name, problem.what);
    Err(Failure::input(what, "choose another name; nothing was made"))
}

/// The schema that `init` wrote, as the folder names it.
fn schema(project: &Path, place: &str) -> Option<String> {
    let there = project.join(init::PLUGIN_SCHEMA).is_file() && !place.starts_with('/');
    there.then(|| format!("{}{}", "../".repeat(place.split('/').count()), init::PLUGIN_SCHEMA))
}

fn failure(error: InitError) -> Failure {
    let what = error.to_string();
    match error {
        InitError::Project(_) | InitError::Taken(_) => Failure::Refused {
            what,
            hint: Some("choose another name, or move what is there out of the way".into()),
        },
        InitError::NoFolder(_) => Failure::Input { what, hint: None },
        InitError::Write { .. } => Failure::Failed { what, hint: None },
    }
}

/// What to type next, and what it does.
fn next(plugin: &NewPlugin, place: &str) -> Vec<(String, &'static str)> {
    let mut next = Vec::new();
    if let Some(test) = plugin.test() {
        next.push((format!("(cd {place} && {test})"), "its own tests"));
        next.push((format!("scheduler plugin test {}", plugin.name), "one tick, no server"));
    }
    next.push(("scheduler local --watch".into(), "the whole system on this machine"));
    let create = format!("scheduler jobs create --type {} --every 1m name=Ada", plugin.job_type());
    next.push((create, "a job of its type, in another terminal"));
    next
}

fn text(
    plugin: &NewPlugin,
    place: &str,
    files: &[String],
    next: &[(String, &'static str)],
) -> String {
    let files: Vec<_> = files.iter().map(|file| format!("  {place}/{file}")).collect();
    let width = next.iter().map(|(command, _)| command.len()).max().unwrap_or_default();
    let steps = next.iter().map(|(command, does)| format!("  {command:width$}  # {does}"));
    let steps: Vec<_> = steps.collect();
    let name = &plugin.name;
    format!("made the plugin `{name}`\n{}\n\nnext\n{}", files.join("\n"), steps.join("\n"))
}
