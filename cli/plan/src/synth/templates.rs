//! All templates of a plan.

use super::core::{Nested, nested as seen_from_root, root};
use super::error::SynthError;
use super::fragment::TOPIC_PARAMETER;
use super::functions::Keys;
use super::nested::nested;
use crate::plan::{Plan, PluginStack};
use crate::template::{Template, Templates, hex_sha256};
use crate::unit::Artifact;
use serde_json::{Map, Value, json};
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

    template!(API, "api.json.j2");
    template!(BUFFERED, "buffered.json.j2");
    template!(CHANGES, "changes.json.j2");
    template!(DIRECT, "direct.json.j2");
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
        API,
        BUFFERED,
        CHANGES,
        DIRECT,
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

/// Stands for the key of code that is not built yet.
pub(crate) const PLACEHOLDER_KEY: &str =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// Every template of a plan.
///
/// # Errors
/// Where a plugin's own template is wrong, or a unit was not built.
pub fn synth(plan: &Plan, artifacts: &BTreeMap<String, Artifact>) -> Result<Templates, SynthError> {
    bodies(plan, &|unit| match artifacts.get(unit) {
        Some(artifact) => Ok(artifact.sha256.clone()),
        None => Err(SynthError::MissingArtifact { unit: unit.to_owned() }),
    })
}

/// What would go wrong in [`synth`] once everything is built: each plugin's first error.
#[must_use]
pub fn check(plan: &Plan) -> Vec<SynthError> {
    let all =
        plan.plugins.iter().map(|stack| nested(plan, stack, &|_| Ok(PLACEHOLDER_KEY.to_owned())));
    all.filter_map(Result::err).collect()
}

/// Every template, with the code's keys from a function.
pub(crate) fn bodies(plan: &Plan, keys: &Keys<'_>) -> Result<Templates, SynthError> {
    let mut plugins = BTreeMap::new();
    let mut links = Vec::new();
    for stack in &plan.plugins {
        let (template, link) = plugin(plan, stack, keys)?;
        plugins.insert(stack.plugin.clone(), template);
        links.push(link);
    }
    let (root, digest) = with_digest(root(plan, keys, &links)?);
    let ids = plan.plugins.iter().map(|stack| (stack.logical_id.clone(), stack.plugin.clone()));
    Ok(Templates { root, plugins, nested_ids: ids.collect(), digest })
}

fn plugin(
    plan: &Plan,
    stack: &PluginStack,
    keys: &Keys<'_>,
) -> Result<(Template, Nested), SynthError> {
    let body = nested(plan, stack, keys)?;
    let takes_topic = body.get("Parameters").is_some_and(|all| all.get(TOPIC_PARAMETER).is_some());
    let template = Template::of(&Value::Object(body));
    let link = seen_from_root(&stack.logical_id, &template.sha256, takes_topic);
    Ok((template, link))
}

/// The digest of everything: the root names every zip and every nested template by its own.
fn with_digest(mut root: Map<String, Value>) -> (Template, String) {
    let digest = hex_sha256(crate::template::canonical(&Value::Object(root.clone())).as_bytes());
    let output = json!({ "Description": "Of everything deployed", "Value": digest });
    if let Some(Value::Object(outputs)) = root.get_mut("Outputs") {
        outputs.insert("Digest".to_owned(), output);
    }
    (Template::of(&Value::Object(root)), digest)
}
