//! What a new project holds.

use super::plugin::{Delivery, Language, NewPlugin};
use scheduler_plan::names::{Architecture, PluginName};
use scheduler_plan::schemas;

/// What differs between two new projects.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The service's name, a valid one.
    pub service: String,
    /// The processor that this `scheduler` carries the core functions for, where it carries them.
    pub carried: Option<Architecture>,
}

/// A file to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Relative to the folder that is filled.
    pub path: String,
    /// What it holds.
    pub text: String,
    /// What to do where there is such a file.
    pub taken: Taken,
}

/// What to do where there is such a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Nothing new is made.
    Refuse,
    /// The file stays, and does as well.
    Keep,
}

/// The plugin's schema, where `init` puts it, relative to the project.
pub const PLUGIN_SCHEMA: &str = schemas::PLUGIN_FILE;
/// The folder of the plugin that a new project begins with.
const FIRST: &str = "plugins/hello";

/// All files. `scheduler.toml` is the last: where it is, the project is whole.
#[must_use]
pub fn files(wanted: &Wanted) -> Vec<NewFile> {
    let file = |path: &str, text: String| NewFile { path: path.into(), text, taken: Taken::Refuse };
    let gitignore = file(".gitignore", include_str!("project/gitignore").into());
    let mut files = vec![NewFile { taken: Taken::Keep, ..gitignore }];
    files.extend(kept_schemas().map(|(path, text)| file(path, text)));
    files.extend(first_plugin());
    files.push(file("scheduler.toml", manifest(wanted)));
    files
}

/// The schemas of both manifests, for editors: paths relative to the project, and texts.
pub(super) fn kept_schemas() -> [(&'static str, String); 2] {
    [
        (schemas::FILE, schemas::text(schemas::manifest())),
        (schemas::PLUGIN_FILE, schemas::text(schemas::plugin_manifest())),
    ]
}

fn first_plugin() -> Vec<NewFile> {
    let Ok(name) = PluginName::parse("hello") else { return Vec::new() };
    let schema = Some(format!("../../{PLUGIN_SCHEMA}"));
    let (language, delivery) = (Language::Python, Delivery::Queue);
    let files = NewPlugin { name, language, delivery, schema }.files();
    let placed = |file: NewFile| NewFile { path: format!("{FIRST}/{}", file.path), ..file };
    files.into_iter().map(placed).collect()
}

fn manifest(wanted: &Wanted) -> String {
    let text = include_str!("project/scheduler.toml").replace("SERVICE", &wanted.service);
    match wanted.carried {
        // What cannot be built for the default has to say so.
        Some(Architecture::Arm64) => text.replace("# architecture", "architecture"),
        Some(Architecture::X86_64) | None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest_of(carried: Option<Architecture>) -> toml::Table {
        let wanted = Wanted { service: "uptime".into(), carried };
        let files = files(&wanted);
        toml::from_str(&files.last().unwrap().text).unwrap()
    }

    #[test]
    fn the_manifest_says_the_service_and_the_processor_that_can_be_built_for() {
        let plain = manifest_of(None);
        assert_eq!(plain["service"]["name"].as_str(), Some("uptime"));
        assert!(plain["service"].get("architecture").is_none());
        let arm = manifest_of(Some(Architecture::Arm64));
        assert_eq!(arm["service"]["architecture"].as_str(), Some("arm64"));
        assert_eq!(manifest_of(Some(Architecture::X86_64)), plain);
    }
}
