//! `scheduler init`: a small project to begin with.

use crate::args::InitArgs;
use crate::build::CoreSource;
use crate::error::Failure;
use crate::init::{self, InitError, Wanted};
use crate::project;
use crate::settings::Settings;
use scheduler_plan::names::Architecture;
use serde_json::json;
use std::path::Path;

/// Makes the project and tells what to do next.
///
/// # Errors
/// [`Failure::Refused`] where a project or one of its files is there already, or what could not be
/// written.
pub fn init(settings: &Settings, args: &InitArgs) -> Result<(), Failure> {
    if args.schemas {
        return schemas(settings);
    }
    let here = settings.project == Path::new(".");
    let folder = match &args.dir {
        Some(dir) if here => dir.clone(),
        Some(dir) => settings.project.join(dir),
        None => settings.project.clone(),
    };
    let made = init::in_folder(&folder, |name| fill(&folder, name)).map_err(failure)?;
    let next = NEXT.map(|(command, _)| command);
    let value = json!({
        "project": folder.to_string_lossy(),
        "service": made.service,
        "files": made.files,
        "next": next,
    });
    settings.output.result(&made.text(&folder), &value);
    Ok(())
}

/// Writes the schemas of a project anew.
fn schemas(settings: &Settings) -> Result<(), Failure> {
    project::load(settings)?;
    let files = init::write_schemas(&settings.project).map_err(failure)?;
    settings.output.result(&files.join("\n"), &json!({ "files": files }));
    Ok(())
}

/// A new project.
struct Made {
    service: String,
    files: Vec<String>,
}

fn fill(folder: &Path, name: &str) -> Result<Made, InitError> {
    let service = init::service_name(name);
    let wanted = Wanted { service: service.clone(), carried: carried() };
    let files = init::write(folder, &init::files(&wanted))?;
    Ok(Made { service, files })
}

/// The processor of the core functions that this binary carries, by the ELF header's `e_machine`.
fn carried() -> Option<Architecture> {
    match CoreSource::of_this_binary() {
        CoreSource::Embedded(bytes) => match bytes.get(18) {
            Some(0xb7) => Some(Architecture::Arm64),
            _ => Some(Architecture::X86_64),
        },
        CoreSource::Checkout(_) => None,
    }
}

fn failure(error: InitError) -> Failure {
    let (what, hint) = (error.to_string(), error.hint());
    match error {
        InitError::Project(_) | InitError::Taken(_) => Failure::Refused { what, hint },
        InitError::NoFolder(_) => Failure::Input { what, hint },
        InitError::Write { .. } => Failure::Failed { what, hint },
    }
}

/// What to type next, and what it does.
const NEXT: [(&str, &str); 4] = [
    ("scheduler check", "every problem at once"),
    ("scheduler local", "the whole system on this machine"),
    ("scheduler plan --env dev", "what would be created on AWS"),
    ("scheduler deploy --env dev", "creates it"),
];

impl Made {
    fn text(&self, folder: &Path) -> String {
        let Self { service, files } = self;
        let files: Vec<_> = files.iter().map(|file| format!("  {file}")).collect();
        let steps = NEXT.map(|(command, does)| format!("  {command:26}  # {does}"));
        let go = enter(folder).map(|go| format!("  {go}\n")).unwrap_or_default();
        format!(
            "made the project `{service}`\n{}\n\nnext\n{go}{}",
            files.join("\n"),
            steps.join("\n")
        )
    }
}

/// How a shell goes there, where one is not there already.
fn enter(folder: &Path) -> Option<String> {
    let text = folder.to_str()?;
    if text == "." {
        return None;
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let dashed = text.starts_with('-');
    match text.chars().all(plain) && !dashed {
        true => Some(format!("cd {text}")),
        false => Some(format!("cd -- '{}'", text.replace('\'', r"'\''"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_into_the_project_can_be_pasted_into_a_shell() {
        let way = |folder: &str| enter(Path::new(folder));
        assert_eq!(way("."), None);
        assert_eq!(way("../up/uptime-2.0").unwrap(), "cd ../up/uptime-2.0");
        assert_eq!(way("-x").unwrap(), "cd -- '-x'");
        assert_eq!(way("it's $HOME").unwrap(), r"cd -- 'it'\''s $HOME'");
    }
}
