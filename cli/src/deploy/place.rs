//! Where in the project a deployed resource comes from. Pure.

use super::error::Cause;
use scheduler_plan::app::App;
use scheduler_plan::sources::PLUGIN_MANIFEST;
use std::collections::BTreeMap;

/// The files that a plugin's resources come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// Its `plugin.toml`.
    pub manifest: String,
    /// Its own infrastructure: the file and its text.
    pub resources: Option<(String, String)>,
}

/// Plugin -> its files, relative to the project.
#[must_use]
pub fn files(app: &App) -> BTreeMap<String, Files> {
    let of = |plugin: &scheduler_plan::app::Plugin| Files {
        manifest: format!("{}/{PLUGIN_MANIFEST}", plugin.dir),
        resources: plugin.resources.as_ref().map(|own| (own.path.clone(), own.text.clone())),
    };
    app.plugins.iter().map(|plugin| (plugin.name.to_string(), of(plugin))).collect()
}

/// Notes in a cause where it comes from, where a plugin's file says so.
#[must_use]
pub fn located(mut cause: Cause, files: &BTreeMap<String, Files>) -> Cause {
    let found = cause.plugin.as_ref().and_then(|plugin| files.get(plugin));
    cause.place = found.map(|files| place(files, &cause.logical_id));
    cause
}

fn place(files: &Files, logical_id: &str) -> String {
    let key = format!("\"{logical_id}\"");
    let is_definition = |line: &str| {
        line.trim_start().strip_prefix(&key).is_some_and(|rest| rest.trim_start().starts_with(':'))
    };
    let own = files.resources.as_ref().and_then(|(path, text)| {
        let line = text.lines().position(is_definition)? + 1;
        Some(format!("{path}:{line}"))
    });
    own.unwrap_or_else(|| files.manifest.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(logical_id: &str, plugin: Option<&str>) -> Cause {
        Cause {
            plugin: plugin.map(Into::into),
            logical_id: logical_id.into(),
            kind: "AWS::SQS::Queue".into(),
            reason: "bad".into(),
            place: None,
        }
    }

    #[test]
    fn a_resource_of_the_plugins_own_leads_to_its_line_and_any_other_to_its_manifest() {
        let text = "{\n  \"Resources\": {\n    \"Inbox\": { \"Ref\": \"Inbox\" }\n  }\n}\n";
        let own = Some(("plugins/mail/resources.json.j2".to_owned(), text.to_owned()));
        let mail = Files { manifest: "plugins/mail/plugin.toml".into(), resources: own };
        let files = [("mail".to_owned(), mail)].into();
        let place = |id: &str, plugin| located(cause(id, plugin), &files).place;
        let line = place("Inbox", Some("mail"));
        assert_eq!(line.as_deref(), Some("plugins/mail/resources.json.j2:3"));
        assert_eq!(place("Queue", Some("mail")).as_deref(), Some("plugins/mail/plugin.toml"));
        assert_eq!(place("Table", None), None);
    }
}
