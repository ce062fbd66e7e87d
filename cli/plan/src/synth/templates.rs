//! All templates of a plan.

use super::core::{Nested, nested as seen_from_root, root};
use super::drafts::{Draft, Drafts};
use super::error::SynthError;
use super::fragment::TOPIC_PARAMETER;
use super::functions::Keys;
use super::nested::nested;
use crate::plan::{Plan, PluginStack};
use crate::template::{Template, Templates, with_digest};
use crate::unit::Artifact;
use serde_json::Value;
use std::collections::BTreeMap;

/// The templates of this tool, inside of it.
pub(super) mod embedded {
    use crate::synth::engine::Source;

    macro_rules! template {
        ($name:ident, $file:literal) => {
            pub(in crate::synth) const $name: Source<'static> = Source {
                path: concat!("templates/", $file),
                text: include_str!(concat!("../../../../templates/", $file)),
            };
        };
    }

    template!(ALARMS, "alarms.json.j2");
    template!(ALARM_TOPIC, "alarm_topic.json.j2");
    template!(API, "api.json.j2");
    template!(BUFFERED, "buffered.json.j2");
    template!(CHANGES, "changes.json.j2");
    template!(DIRECT, "direct.json.j2");
    template!(PERMISSIONS, "permissions.json.j2");
    template!(RECONCILER, "reconciler.json.j2");
    template!(DISTRIBUTION, "distribution.json.j2");
    template!(FUNCTIONS, "functions.json.j2");
    template!(PARAMETER, "parameter.json.j2");
    template!(PLUGIN, "plugin.json.j2");
    template!(PLUGINS, "plugins.json.j2");
    template!(QUEUES, "queues.json.j2");
    template!(ROOT, "root.json.j2");
    template!(SCHEDULES, "schedules.json.j2");
    template!(STATE, "state.json.j2");
    template!(SUBSCRIPTIONS, "subscriptions.json.j2");
    template!(TABLE, "table.json.j2");
    template!(USERS, "users.json.j2");

    /// All of them.
    pub(in crate::synth) const ALL: &[Source<'static>] = &[
        ALARMS,
        ALARM_TOPIC,
        API,
        BUFFERED,
        CHANGES,
        DIRECT,
        PERMISSIONS,
        RECONCILER,
        DISTRIBUTION,
        FUNCTIONS,
        PARAMETER,
        PLUGIN,
        PLUGINS,
        QUEUES,
        ROOT,
        SCHEDULES,
        STATE,
        SUBSCRIPTIONS,
        TABLE,
        USERS,
    ];
}

/// Every template of a plan.
///
/// # Errors
/// Where a plugin's own template is wrong, or a unit was not built.
pub fn synth(
    plan: &Plan,
    artifacts: &BTreeMap<String, Artifact>,
) -> Result<Templates, Vec<SynthError>> {
    let (drafts, errors) = drafts(plan);
    if !errors.is_empty() {
        return Err(errors);
    }
    finish(plan, &drafts, artifacts)
}

/// Every template before anything is built, and every error.
#[must_use]
pub fn drafts(plan: &Plan) -> (Drafts, Vec<SynthError>) {
    let (mut plugins, mut errors, mut links) = (BTreeMap::new(), Vec::new(), Vec::new());
    for stack in &plan.plugins {
        match nested(plan, stack, &|_| Ok(PLACEHOLDER_KEY.to_owned())) {
            Ok(body) => {
                let draft = Draft::of(body, TOPIC_PARAMETER);
                links.push(link(stack, PLACEHOLDER_KEY, &draft));
                plugins.insert(stack.plugin.clone(), draft);
            }
            Err(of_plugin) => errors.extend(of_plugin),
        }
    }
    let root = root(plan, &|_| Ok(PLACEHOLDER_KEY.to_owned()), &links);
    match root {
        Ok(root) => (Drafts { root: Draft::of(root, "Topic"), plugins }, errors),
        Err(error) => (Drafts { plugins, ..Drafts::default() }, [errors, vec![error]].concat()),
    }
}

/// The drafts with the keys of what was built.
///
/// # Errors
/// Where a plugin's own template does something else with its code's key, or a unit was not built.
pub fn finish(
    plan: &Plan,
    drafts: &Drafts,
    artifacts: &BTreeMap<String, Artifact>,
) -> Result<Templates, Vec<SynthError>> {
    let keys = |unit: &str| match artifacts.get(unit) {
        Some(artifact) => Ok(artifact.sha256.clone()),
        None => Err(SynthError::MissingArtifact { unit: unit.to_owned() }),
    };
    let mut plugins = BTreeMap::new();
    let mut links = Vec::new();
    for stack in &plan.plugins {
        let Some(draft) = drafts.plugins.get(&stack.plugin) else { continue };
        let template = plugin(plan, (stack, draft), &keys)?;
        links.push(link(stack, &template.sha256, draft));
        plugins.insert(stack.plugin.clone(), template);
    }
    let root = root(plan, &keys, &links).map_err(|error| vec![error])?;
    let (root, digest) = with_digest(root);
    let ids = plan.plugins.iter().map(|stack| (stack.logical_id.clone(), stack.plugin.clone()));
    Ok(Templates { root, plugins, nested_ids: ids.collect(), digest })
}

fn plugin(
    plan: &Plan,
    (stack, draft): (&PluginStack, &Draft),
    keys: &Keys<'_>,
) -> Result<Template, Vec<SynthError>> {
    let Some(function) = &stack.function else {
        return Ok(Template::from_text(draft.text.clone()));
    };
    let uses_key = |text: &str| text.contains("code_s3_key");
    if stack.resources.as_ref().is_some_and(|own| uses_key(&own.text)) {
        let body = nested(plan, stack, keys)?;
        return Ok(Template::of(&Value::Object(body)));
    }
    let key = keys(&function.unit).map_err(|error| vec![error])?;
    Ok(Template::from_text(draft.text.replace(PLACEHOLDER_KEY, &key)))
}

fn link(stack: &PluginStack, sha256: &str, draft: &Draft) -> Nested {
    seen_from_root(&stack.logical_id, sha256, draft.takes_topic)
}

/// Stands for what is not known before the build: the key of a zip, the digest of a template.
const PLACEHOLDER_KEY: &str = "0000000000000000000000000000000000000000000000000000000000000000";
