//! `scheduler synth`: the CloudFormation templates.

use crate::error::Failure;
use crate::pipeline;
use crate::settings::Settings;
use scheduler_plan::template::Templates;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

/// Prints the root template, or writes all of them into a folder.
///
/// # Errors
/// The project's problems, what could not be built, a folder that cannot be written.
pub fn synth(settings: &Settings, env: &str, out: Option<&Path>) -> Result<(), Failure> {
    let templates = pipeline::synth(settings, env)?.templates;
    let Some(out) = out else {
        settings.output.text(&templates.root.text);
        return Ok(());
    };
    let files = files(&templates);
    for (name, text) in &files {
        write(&out.join(name), text)?;
    }
    let names: Vec<_> = files.keys().map(|name| out.join(name).display().to_string()).collect();
    settings.output.result(&names.join("\n"), &json!({ "templates": names }));
    Ok(())
}

/// File name -> text.
fn files(templates: &Templates) -> BTreeMap<String, &str> {
    let plugins = templates.plugins.iter();
    plugins
        .map(|(name, template)| (format!("plugins/{name}.json"), template.text.as_str()))
        .chain([("root.json".to_owned(), templates.root.text.as_str())])
        .collect()
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| Failure::failed(format!("cannot write `{}`: {error}", path.display())))
}
