//! Where in the project a deployed resource comes from. Pure.
//!
//! A plugin's own resources stand in its template. What the tool makes for it comes from keys of
//! its `plugin.toml`, or of `scheduler.toml` where the env says something else; of the core, only
//! what `scheduler.toml` decides has a place.

use super::failure::Cause;
use super::origin::Origin;
use scheduler_plan::app::{App, Plugin, Provider};
use scheduler_plan::document::Document;
use scheduler_plan::plan::external_id;
use scheduler_plan::sources::{MANIFEST, PLUGIN_MANIFEST};
use scheduler_plan::synth::line_of;
use std::collections::BTreeMap;

/// The files that resources come from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Places {
    app: Option<Document>,
    env: String,
    plugins: BTreeMap<String, Files>,
    /// Logical id -> the job type that a consumer elsewhere takes.
    external: BTreeMap<String, String>,
}

/// The files that a plugin's resources come from.
#[derive(Debug, Clone, PartialEq)]
struct Files {
    manifest: Document,
    /// Its own infrastructure: the file and its text.
    resources: Option<(String, String)>,
}

/// What the tool makes for a plugin, a word of the reason where it matters, and the key that it
/// comes from. The first that fits counts.
const MADE: &[(&str, &str, &[&str])] = &[
    ("ConsumerFunction", "ConcurrentExecution", &["consumer", "concurrency"]),
    ("ConsumerFunction", "MemorySize", &["consumer", "memory_mb"]),
    ("ConsumerFunction", "Timeout", &["consumer", "timeout_seconds"]),
    ("ConsumerFunction", "layer", &["consumer", "layers"]),
    ("ConsumerFunction", "Layer", &["consumer", "layers"]),
    ("ConsumerFunction", "runtime parameter", &["consumer", "runtime"]),
    ("ConsumerFunction", "nvironment", &["consumer", "environment"]),
    ("ConsumerFunction", "Unzipped size", &["build"]),
    ("ConsumerFunction", "", &["consumer"]),
    ("ConsumerRole", "", &["consumer", "permissions"]),
    ("ConsumerMapping", "", &["consumer", "concurrency"]),
    ("ConsumerQueue", "", &["consumer", "buffer"]),
    ("ConsumerRetries", "", &["consumer", "retries"]),
    ("ConsumerPermission", "", &["consumer", "function_arn"]),
    ("ConsumerSubscription", "FilterPolicy", &["job_types"]),
    ("ConsumerSubscription", "", &["consumer", "queue_arn"]),
    ("Consumer", "", &["consumer"]),
    ("StateBucket", "", &["consumer", "state"]),
    // The nested stack as a whole: nothing inside of it was seen to fail.
    ("Plugin", "", &[]),
];

impl Places {
    /// The places of an app's resources; `read` answers the text of a file of the project.
    #[must_use]
    pub fn new(app: &App, read: impl Fn(&str) -> Option<String>) -> Self {
        let document = |path: &str| Document::parse(path, &read(path).unwrap_or_default()).0;
        let files = |plugin: &Plugin| Files {
            manifest: document(&format!("{}/{PLUGIN_MANIFEST}", plugin.dir)),
            resources: plugin.resources.as_ref().map(|own| (own.path.clone(), own.text.clone())),
        };
        let external = app.job_types.iter().filter_map(|(name, def)| match &def.provider {
            Provider::Inline { consumer: Some(consumer) } => {
                Some((external_id(consumer.arn()), name.to_string()))
            }
            _ => None,
        });
        Self {
            app: Some(document(MANIFEST)),
            env: app.env.to_string(),
            plugins: app.plugins.iter().map(|one| (one.name.to_string(), files(one))).collect(),
            external: external.collect(),
        }
    }

    /// The place of a plugin's or the core's resource; `said` is AWS's sentence, and the property
    /// that it is about.
    #[must_use]
    pub fn of(&self, origin: &Origin, said: (&str, Option<&str>)) -> Option<String> {
        let id = origin.resource.as_deref();
        match &origin.plugin {
            Some(name) => Some(self.of_plugin(name, id, said)?),
            None => self.of_core(id?, said.0),
        }
    }

    fn of_plugin(
        &self,
        name: &str,
        id: Option<&str>,
        (reason, property): (&str, Option<&str>),
    ) -> Option<String> {
        let files = self.plugins.get(name)?;
        let made = id.and_then(|id| {
            let fits =
                |row: &&(&str, &str, &[&str])| id.starts_with(row.0) && reason.contains(row.1);
            MADE.iter().find(fits).map(|row| row.2)
        });
        // What the plugin's template makes itself counts first, whatever it is called.
        let own = files.resources.as_ref();
        let line = own.zip(id).and_then(|((_, text), id)| line_of(text, id, property));
        match (own, line, made) {
            (Some((path, _)), Some(line), _) => Some(format!("{path}:{line}")),
            (Some((path, _)), None, None) => Some(path.clone()),
            (_, _, keys) => Some(self.of_keys(name, files, keys.unwrap_or(&[]))),
        }
    }

    fn of_keys(&self, plugin: &str, files: &Files, keys: &[&str]) -> String {
        let env = keys.last().map(|key| ["env", &self.env, "plugins", plugin, key]);
        let overridden = self.app.as_ref().zip(env).filter(|(app, keys)| app.has(keys));
        match overridden {
            Some((app, keys)) => line(app, &keys),
            None => line(&files.manifest, keys),
        }
    }

    fn of_core(&self, id: &str, reason: &str) -> Option<String> {
        let app = self.app.as_ref()?;
        if let Some(name) = self.external.get(id) {
            return Some(line(app, &["job_types", name, "consumer"]));
        }
        let auth = ["env", &self.env, "auth"];
        let is_auth = id.starts_with("UserPool") || id == "ApiAuthorizer";
        if is_auth && app.has(&auth) {
            return Some(line(app, &auth));
        }
        // Every name of the core begins with the service's.
        reason.contains("lready exist").then(|| line(app, &["service", "name"]))
    }
}

#[cfg(test)]
impl Places {
    /// Of one plugin with a template of its own.
    pub(super) fn of_test(plugin: &str, path: &str, text: &str) -> Self {
        let manifest = Document::parse(&format!("plugins/{plugin}/plugin.toml"), "").0;
        let resources = Some((path.to_owned(), text.to_owned()));
        let plugins = [(plugin.to_owned(), Files { manifest, resources })].into();
        Self { plugins, ..Self::default() }
    }
}

/// `FILE:LINE` of the nearest key that is there; `FILE` where none is.
fn line(document: &Document, keys: &[&str]) -> String {
    let place = document.key(keys);
    match keys.first().is_some_and(|first| document.has(&[first])) {
        true => format!("{}:{}", place.path, place.line),
        false => place.path,
    }
}

/// Notes in a cause where it comes from, where the project says so.
#[must_use]
pub fn located(mut cause: Cause, places: &Places) -> Cause {
    let property = super::explain::property_of(&cause.reason);
    cause.origin.place = places.of(&cause.origin, (&cause.reason, property));
    cause
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "{\n  \"Resources\": {\n    \"Inbox\": {\n      \"Type\": \
                       \"AWS::SQS::Queue\",\n      \"Properties\": { \"Dealy\": 1 }\n    }\n  }\n}\n";
    const PLUGIN: &str = "[job_types.mail]\nschema = \"s.json\"\n\n[consumer]\nmemory_mb = 256\n\
                          concurrency = 900\nstate = {}\n";
    const APP: &str = "[service]\nname = \"mon\"\n\n[job_types.ping.consumer]\nqueue_arn = \"q\"\n\n\
                       [env.dev.plugins.mail]\nmemory_mb = 512\n\n[env.dev.auth.cognito]\n";

    fn places(own: Option<&str>) -> Places {
        let manifest = Document::parse("plugins/mail/plugin.toml", PLUGIN).0;
        let resources = own.map(|text| ("plugins/mail/own.json".to_owned(), text.to_owned()));
        Places {
            app: Some(Document::parse("scheduler.toml", APP).0),
            env: "dev".into(),
            plugins: [("mail".to_owned(), Files { manifest, resources })].into(),
            external: [(external_id("q"), "ping".to_owned())].into(),
        }
    }

    fn origin(plugin: Option<&str>, id: &str) -> Origin {
        let (resource, kind) = (Some(id.into()), Some("AWS::SQS::Queue".into()));
        Origin { plugin: plugin.map(Into::into), resource, kind, place: None }
    }

    fn found(plugin: Option<&str>, id: &str, reason: &str) -> Option<String> {
        let cause = Cause { origin: origin(plugin, id), reason: reason.into() };
        located(cause, &places(Some(OWN))).origin.place
    }

    #[test]
    fn a_resource_of_the_plugins_own_leads_to_its_line_and_its_property() {
        let mail = |id: &str, reason: &str| found(Some("mail"), id, reason).expect("a place");
        assert_eq!(mail("Inbox", "bad"), "plugins/mail/own.json:3");
        let typo = "#: extraneous key [Dealy] is not permitted";
        assert_eq!(mail("Inbox", typo), "plugins/mail/own.json:5");
        // Made by a loop: the file is right, its line is not known.
        assert_eq!(mail("Inbox2", "bad"), "plugins/mail/own.json");
        let line = "{\"Resources\": {\"Inbox\": {\"Type\": \"AWS::SQS::Queue\"}}}";
        let one_line = places(Some(line)).of(&origin(Some("mail"), "Inbox"), ("bad", None));
        assert_eq!(one_line.as_deref(), Some("plugins/mail/own.json:1"));
    }

    #[test]
    fn what_the_tool_makes_for_a_plugin_leads_to_the_key_that_it_comes_from() {
        let mail = |id: &str, reason: &str| found(Some("mail"), id, reason).expect("a place");
        assert_eq!(mail("ConsumerFunction", "bad"), "plugins/mail/plugin.toml:4");
        let reserved = "decreases account's UnreservedConcurrentExecution below";
        assert_eq!(mail("ConsumerFunction", reserved), "plugins/mail/plugin.toml:6");
        assert_eq!(mail("StateBucketPolicy", "bad"), "plugins/mail/plugin.toml:7");
        // The table where the key is not written.
        assert_eq!(mail("ConsumerQueue", "bad"), "plugins/mail/plugin.toml:4");
        assert_eq!(mail("ConsumerFunction", "MemorySize is odd"), "scheduler.toml:8");
        let none = places(Some(OWN)).of(&origin(Some("mail"), "PluginMail"), ("bad", None));
        assert_eq!(none.as_deref(), Some("plugins/mail/plugin.toml"));
    }

    #[test]
    fn of_the_core_only_what_the_manifest_decides_has_a_place() {
        assert_eq!(found(None, &external_id("q"), "bad").as_deref(), Some("scheduler.toml:4"));
        assert_eq!(found(None, "UserPool", "bad").as_deref(), Some("scheduler.toml:10"));
        let exists = "mon-dev-items already exists";
        assert_eq!(found(None, "Table", exists).as_deref(), Some("scheduler.toml:2"));
        assert_eq!(found(None, "Table", "bad"), None);
    }
}
