//! `scheduler synth`: the CloudFormation templates.

use super::out::write;
use crate::error::Failure;
use crate::pipeline;
use crate::settings::Settings;
use scheduler_plan::template::Templates;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Prints the root template, as JSON all of them; or writes all of them into a folder.
///
/// # Errors
/// The project's problems, what could not be built, a folder that cannot be written.
pub fn synth(settings: &Settings, env: &str, out: Option<&Path>) -> Result<(), Failure> {
    let synthesised = pipeline::synth(settings, env)?;
    let (templates, problems) = (&synthesised.templates, &synthesised.warnings);
    let files = files(templates);
    let Some(out) = out else {
        if !settings.output.json {
            settings.output.text(&templates.root.text);
            return Ok(());
        }
        let parsed =
            files.iter().map(|(name, text)| Ok((name.clone(), serde_json::from_str(text)?)));
        let parsed = parsed.collect::<serde_json::Result<BTreeMap<String, Value>>>();
        let parsed =
            parsed.map_err(|error| Failure::failed(format!("a template is no JSON: {error}")))?;
        let value = json!({ "templates": parsed, "problems": problems });
        settings.output.result(&templates.root.text, &value);
        return Ok(());
    };
    for (name, text) in &files {
        write(&out.join(name), text)?;
    }
    let names: Vec<_> = files.keys().map(|name| out.join(name).display().to_string()).collect();
    let value = json!({ "files": names, "problems": problems });
    settings.output.result(&names.join("\n"), &value);
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
