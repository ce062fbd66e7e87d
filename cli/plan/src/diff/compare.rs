//! From two sets of templates to changes.

use super::access;
use super::changes::{Action, Changes, PropertyChange, ResourceChange, StackChanges};
use super::replacement::{Pairs, Replacement, followers, replacement};
use super::stateful;
use super::terms::{references, term};
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
    let new_root = body(&wanted.root.text);
    let root = Bodies { old: deployed.root.as_ref(), new: Some(&new_root) };
    let mut core = stack("core".to_owned(), None, root, &BTreeSet::new());
    let mut access = access::compare("core", root);
    let mut nested: Vec<StackChanges> = Vec::new();
    for id in nested_ids(deployed, wanted) {
        let plugin = wanted.nested_ids.get(&id);
        let new = plugin.and_then(|name| wanted.plugins.get(name)).map(|one| body(&one.text));
        let bodies = Bodies { old: deployed.nested.get(&id), new: new.as_ref() };
        let name = plugin.cloned().unwrap_or_else(|| kebab(&id));
        access.extend(access::compare(&name, bodies));
        let parameters = changed_parameters(&core, root, &id);
        nested.push(stack(name, Some(id), bodies, &parameters));
    }
    nested.retain(|stack| !stack.is_empty());
    nested.sort_by(|a, b| a.stack.cmp(&b.stack));
    let shown: BTreeSet<&str> =
        nested.iter().filter_map(|stack| stack.nested_id.as_deref()).collect();
    quiet(&mut core, &shown);
    mark_unread(&mut core, deployed);
    let core = Some(core).filter(|core| !core.is_empty());
    Changes { stacks: core.into_iter().chain(nested).collect(), access }
}

/// One stack's template, deployed and wanted.
#[derive(Clone, Copy)]
pub(super) struct Bodies<'a> {
    pub(super) old: Option<&'a Value>,
    pub(super) new: Option<&'a Value>,
}

impl<'a> Bodies<'a> {
    /// Resources on both sides.
    fn pairs(self) -> Pairs<'a> {
        let of = |body: Option<&'a Value>| {
            let all = body.and_then(|body| body.get("Resources")).and_then(Value::as_object);
            all.into_iter().flatten()
        };
        let old: BTreeMap<&str, &Value> =
            of(self.old).map(|(id, one)| (id.as_str(), one)).collect();
        of(self.new)
            .filter_map(|(id, new)| Some((id.as_str(), (*old.get(id.as_str())?, new))))
            .collect()
    }

    fn action(self) -> Action {
        match (self.old, self.new) {
            (None, _) => Action::Add,
            (_, None) => Action::Remove,
            _ => Action::Change,
        }
    }
}

/// The parameters of a nested stack that get another value than before.
fn changed_parameters(core: &StackChanges, root: Bodies<'_>, id: &str) -> BTreeSet<String> {
    let Some((old, new)) = root.pairs().get(id).copied() else { return BTreeSet::new() };
    let of = |one: &Value| object(one.get("Properties").and_then(|all| all.get("Parameters")));
    let (old, new) = (of(old), of(new));
    let replaced: BTreeSet<&str> =
        core.resources.iter().filter(|one| one.replacement.is_some()).map(|one| &*one.id).collect();
    let changes = |name: &String, value: &Value| {
        old.get(name).map(term) != Some(term(value))
            || references(value).iter().any(|id| replaced.contains(id.as_str()))
    };
    let changed = new.iter().filter(|(name, value)| changes(name, value));
    changed.map(|(name, _)| name.clone()).collect()
}

fn body(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

fn nested_ids(deployed: &Deployed, wanted: &Templates) -> BTreeSet<String> {
    deployed.nested.keys().chain(wanted.nested_ids.keys()).cloned().collect()
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
    bodies: Bodies<'_>,
    parameters: &BTreeSet<String>,
) -> StackChanges {
    let (old_parts, new_parts) = (object(bodies.old), object(bodies.new));
    let resources = |parts: &Map<String, Value>| object(parts.get("Resources"));
    let (a, b) = (resources(&old_parts), resources(&new_parts));
    let ids: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let changed = ids.into_iter().filter_map(|id| resource(id, a.get(id), b.get(id)));
    let mut resources: Vec<ResourceChange> = changed.collect();
    replace_followers(&mut resources, &bodies.pairs(), parameters);
    let action = bodies.action();
    // A stack that comes or goes as a whole is told by its resources.
    let others = match action {
        Action::Change => others(&old_parts, &new_parts),
        Action::Add | Action::Remove => Vec::new(),
    };
    StackChanges { stack, nested_id, action, resources, others }
}

/// What refers to a replaced resource by a property that cannot change is replaced with it.
fn replace_followers(
    resources: &mut Vec<ResourceChange>,
    pairs: &Pairs<'_>,
    parameters: &BTreeSet<String>,
) {
    let known = resources.iter().filter_map(|one| Some((one.id.clone(), one.replacement.clone()?)));
    let known: BTreeMap<String, Replacement> = known.collect();
    for (id, replacement) in followers(pairs, &known, parameters) {
        let Some((old, _)) = pairs.get(id.as_str()) else { continue };
        let data_loss = stateful::data_loss(Action::Change, old, Some(&replacement));
        match resources.iter_mut().find(|one| one.id == id) {
            Some(one) => {
                one.replacement = Some(replacement);
                one.data_loss = data_loss;
            }
            None => {
                let resource_type = kind(Some(old));
                resources.push(ResourceChange {
                    action: Action::Change,
                    id,
                    permissions: says_who_may(&resource_type),
                    resource_type,
                    properties: Vec::new(),
                    replacement: Some(replacement),
                    data_loss,
                });
            }
        }
    }
    resources.sort_by(|a, b| a.id.cmp(&b.id));
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
    let replacement = old.zip(new).and_then(|(old, new)| replacement(old, new, &properties));
    Some(ResourceChange {
        action,
        id: id.to_owned(),
        permissions: says_who_may(&resource_type),
        data_loss: old.and_then(|old| stateful::data_loss(action, old, replacement.as_ref())),
        resource_type,
        properties,
        replacement,
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
    core.resources.retain(|one| {
        one.action != Action::Change || !one.properties.is_empty() || one.replacement.is_some()
    });
}

fn mark_unread(core: &mut StackChanges, deployed: &Deployed) {
    for one in &mut core.resources {
        let gone = one.action == Action::Remove && one.resource_type == NESTED;
        if gone && !deployed.nested.contains_key(&one.id) {
            one.data_loss = Some(stateful::UNREAD.to_owned());
        }
    }
}
