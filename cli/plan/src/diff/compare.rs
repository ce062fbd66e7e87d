//! From two sets of templates to changes.

use super::changes::{Action, Changes, PropertyChange, ResourceChange, StackChanges};
use super::stateful;
use super::values::compare;
use crate::template::Templates;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

const NESTED: &str = "AWS::CloudFormation::Stack";

/// Template bodies as read back from CloudFormation, in any order of keys.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Deployed {
    /// The root stack's; `None` where there is no stack.
    pub root: Option<Value>,
    /// The nested stacks', by their logical id in the root stack.
    pub nested: BTreeMap<String, Value>,
}

/// What it takes to make what is deployed what is wanted.
#[must_use]
pub fn diff(deployed: &Deployed, wanted: &Templates) -> Changes {
    let mut nested: Vec<StackChanges> = nested_ids(deployed, wanted)
        .into_iter()
        .map(|id| nested_stack(&id, deployed, wanted))
        .filter(|stack| !stack.is_empty())
        .collect();
    nested.sort_by(|a, b| a.stack.cmp(&b.stack));
    let shown: BTreeSet<&str> =
        nested.iter().filter_map(|stack| stack.nested_id.as_deref()).collect();
    let new = body(&wanted.root.text);
    let mut core = stack("core".to_owned(), None, deployed.root.as_ref(), Some(&new));
    quiet(&mut core, &shown);
    mark_unread(&mut core, deployed);
    let core = Some(core).filter(|core| !core.is_empty());
    Changes { stacks: core.into_iter().chain(nested).collect() }
}

fn body(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

fn nested_ids(deployed: &Deployed, wanted: &Templates) -> BTreeSet<String> {
    deployed.nested.keys().chain(wanted.nested_ids.keys()).cloned().collect()
}

fn nested_stack(id: &str, deployed: &Deployed, wanted: &Templates) -> StackChanges {
    let plugin = wanted.nested_ids.get(id);
    let new = plugin.and_then(|name| wanted.plugins.get(name)).map(|one| body(&one.text));
    let name = plugin.cloned().unwrap_or_else(|| kebab(id));
    stack(name, Some(id.to_owned()), deployed.nested.get(id), new.as_ref())
}

/// `PluginHtmlChecker` is what is left of a plugin that is gone: `html-checker`.
fn kebab(id: &str) -> String {
    let name = id.strip_prefix("Plugin").unwrap_or(id);
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

fn stack(
    stack: String,
    nested_id: Option<String>,
    old: Option<&Value>,
    new: Option<&Value>,
) -> StackChanges {
    let (old_parts, new_parts) = (object(old), object(new));
    let resources = |parts: &Map<String, Value>| object(parts.get("Resources"));
    let (a, b) = (resources(&old_parts), resources(&new_parts));
    let ids: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let changed = ids.into_iter().filter_map(|id| resource(id, a.get(id), b.get(id)));
    let resources = changed.collect();
    // A stack that comes or goes as a whole is told by its resources.
    let others = match (old, new) {
        (Some(_), Some(_)) => others(&old_parts, &new_parts),
        _ => Vec::new(),
    };
    StackChanges { stack, nested_id, resources, others }
}

fn object(value: Option<&Value>) -> Map<String, Value> {
    value.and_then(Value::as_object).cloned().unwrap_or_default()
}

fn others(old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<PropertyChange> {
    let rest = |parts: &Map<String, Value>| {
        let mut rest = parts.clone();
        rest.remove("Resources");
        if let Some(Value::Object(outputs)) = rest.get_mut("Outputs") {
            outputs.remove("Digest");
        }
        Value::Object(rest)
    };
    compare("", Some(&rest(old)), Some(&rest(new)))
}

fn resource(id: &str, old: Option<&Value>, new: Option<&Value>) -> Option<ResourceChange> {
    let (action, properties) = match (old, new) {
        (Some(old), Some(new)) => (Action::Change, properties(old, new)),
        (None, _) => (Action::Add, Vec::new()),
        (_, None) => (Action::Remove, Vec::new()),
    };
    if action == Action::Change && properties.is_empty() {
        return None;
    }
    let resource_type = kind(new.or(old));
    Some(ResourceChange {
        action,
        id: id.to_owned(),
        permissions: says_who_may(&resource_type),
        data_loss: old.and_then(|old| stateful::data_loss(action, old, &properties)),
        resource_type,
        properties,
    })
}

fn kind(resource: Option<&Value>) -> String {
    let kind = resource.and_then(|one| one.get("Type")).and_then(Value::as_str);
    kind.unwrap_or_default().to_owned()
}

/// Properties without their common head, and the resource's other attributes.
fn properties(old: &Value, new: &Value) -> Vec<PropertyChange> {
    let mut changes = compare("", Some(old), Some(new));
    for change in &mut changes {
        if let Some(path) = change.path.strip_prefix("Properties.") {
            change.path = path.to_owned();
        }
    }
    changes
}

fn says_who_may(resource_type: &str) -> bool {
    resource_type.starts_with("AWS::IAM::")
        || resource_type.ends_with("Policy")
        || resource_type == "AWS::Lambda::Permission"
}

/// A nested stack that is shown by itself needs no line for its template's address.
fn quiet(core: &mut StackChanges, shown: &BTreeSet<&str>) {
    for one in &mut core.resources {
        let quiet = one.resource_type == NESTED && shown.contains(one.id.as_str());
        if quiet {
            one.properties.retain(|change| !change.path.starts_with("TemplateURL"));
        }
    }
    core.resources.retain(|one| one.action != Action::Change || !one.properties.is_empty());
}

fn mark_unread(core: &mut StackChanges, deployed: &Deployed) {
    for one in &mut core.resources {
        let gone = one.action == Action::Remove && one.resource_type == NESTED;
        if gone && !deployed.nested.contains_key(&one.id) {
            one.data_loss = Some(stateful::UNREAD.to_owned());
        }
    }
}
