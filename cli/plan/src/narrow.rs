//! One plugin's part of what is wanted, on top of what is deployed. Pure.
//!
//! In: the deployed templates and job types, and the wanted ones. Out: templates in which nothing
//! but the plugin's nested stack and the code of the core functions differs from what is deployed,
//! and what else would have changed.

use crate::diff::Deployed;
use crate::template::{Template, Templates, with_digest};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What a deploy of one plugin brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrowed {
    /// The templates.
    pub templates: Templates,
    /// The core's resources that stay as they are deployed though they are wanted otherwise.
    pub left: Vec<String>,
}

/// Narrows what is wanted to the plugin whose nested stack has this logical id. `None`: nothing is
/// deployed.
#[must_use]
pub fn narrowed(deployed: &Deployed, wanted: &Templates, id: &str) -> Option<Narrowed> {
    let mut root = deployed.root.clone()?;
    let new: Value = serde_json::from_str(&wanted.root.text).unwrap_or_default();
    let mut left = Vec::new();
    let resources = root.get_mut("Resources").and_then(Value::as_object_mut)?;
    match new["Resources"].get(id) {
        Some(nested) => resources.insert(id.to_owned(), nested.clone()),
        None => resources.remove(id),
    };
    for (name, old) in resources.iter_mut().filter(|(name, _)| *name != id) {
        let Some(new) = new["Resources"].get(name) else { continue };
        if old["Type"] == "AWS::Lambda::Function" && !new["Properties"]["Code"].is_null() {
            old["Properties"]["Code"] = new["Properties"]["Code"].clone();
        }
        if old != new && !is_nested(new) {
            left.push(name.clone());
        }
    }
    let templates = templates(deployed, wanted, (id, root));
    Some(Narrowed { templates, left })
}

fn is_nested(definition: &Value) -> bool {
    definition["Type"] == "AWS::CloudFormation::Stack"
}

fn templates(deployed: &Deployed, wanted: &Templates, (id, root): (&str, Value)) -> Templates {
    let mut plugins = BTreeMap::new();
    let mut nested_ids = BTreeMap::new();
    for (other, template) in deployed.nested.iter().filter(|(other, _)| *other != id) {
        let name = wanted.nested_ids.get(other).unwrap_or(other);
        plugins.insert(name.clone(), Template::of(template));
        nested_ids.insert(other.clone(), name.clone());
    }
    if let Some(name) = wanted.nested_ids.get(id) {
        plugins.extend(wanted.plugins.get(name).map(|own| (name.clone(), own.clone())));
        nested_ids.insert(id.to_owned(), name.clone());
    }
    let mut root = match root {
        Value::Object(root) => root,
        _ => Map::new(),
    };
    if let Some(Value::Object(outputs)) = root.get_mut("Outputs") {
        outputs.remove("Digest");
    }
    let (root, digest) = with_digest(root);
    Templates { root, plugins, nested_ids, digest }
}

/// Job type -> schema as it is once the plugin is deployed: the others' as they are deployed, its
/// own as they are wanted. Types that its deployed stack takes and that it no longer has are gone.
#[must_use]
pub fn job_types(
    deployed: &Map<String, Value>,
    stack: Option<&Value>,
    own: Map<String, Value>,
) -> Map<String, Value> {
    let mut taken = BTreeSet::new();
    if let Some(stack) = stack {
        collect(stack, &mut taken);
    }
    let others = deployed.iter().filter(|(name, _)| !taken.contains(name.as_str()));
    let mut types: Map<_, _> =
        others.map(|(name, schema)| (name.clone(), schema.clone())).collect();
    types.extend(own);
    types
}

/// The job types in the filters of a stack's subscriptions.
fn collect<'a>(value: &'a Value, taken: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(map) => {
            if let Some(types) = map.get("FilterPolicy").and_then(|filter| filter.get("job_type")) {
                let types = types.as_array().into_iter().flatten();
                taken.extend(types.filter_map(Value::as_str));
            }
            map.values().for_each(|value| collect(value, taken));
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, taken)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn template(queue: &str) -> Template {
        Template::of(&json!({ "Resources": { "Queue": {
            "Type": "AWS::SQS::Queue", "Properties": { "Name": queue }
        }}}))
    }

    /// Two plugins, the core's code and the topic's name in this edition.
    fn edition(text: &str) -> Templates {
        let nested = |plugin: &Template| {
            json!({
                "Type": "AWS::CloudFormation::Stack",
                "Properties": { "TemplateURL": format!("https://x/{}", plugin.sha256) }
            })
        };
        let (mail, ping) = (template(&format!("mail-{text}")), template(&format!("ping-{text}")));
        let root = json!({
            "Resources": {
                "Create": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": { "Code": { "S3Key": text }, "Role": "r" }
                },
                "Topic": { "Type": "AWS::SNS::Topic", "Properties": { "Name": text } },
                "PluginMail": nested(&mail),
                "PluginPing": nested(&ping)
            },
            "Outputs": { "Api": { "Value": "api" } }
        });
        let Value::Object(root) = root else { unreachable!("an object") };
        let (root, digest) = with_digest(root);
        let ids = [("PluginMail", "mail"), ("PluginPing", "ping")];
        Templates {
            root,
            plugins: [("mail".into(), mail), ("ping".into(), ping)].into(),
            nested_ids: ids.map(|(id, name)| (id.into(), name.into())).into(),
            digest,
        }
    }

    fn deployed(templates: &Templates) -> Deployed {
        let parsed = |template: &Template| serde_json::from_str(&template.text).unwrap();
        let nested =
            |(id, name): (&String, &String)| (id.clone(), parsed(&templates.plugins[name]));
        Deployed {
            root: Some(parsed(&templates.root)),
            nested: templates.nested_ids.iter().map(nested).collect(),
        }
    }

    #[test]
    fn only_the_plugins_stack_and_the_cores_code_change() {
        let (old, new) = (edition("old"), edition("new"));
        let Some(Narrowed { templates, left }) = narrowed(&deployed(&old), &new, "PluginMail")
        else {
            panic!("something is deployed")
        };
        let root: Value = serde_json::from_str(&templates.root.text).unwrap();
        let resources = &root["Resources"];
        assert_eq!(
            resources["Create"]["Properties"],
            json!({"Code": {"S3Key": "new"}, "Role": "r"})
        );
        assert_eq!(resources["Topic"]["Properties"]["Name"], "old");
        let url =
            |id: &str| resources[id]["Properties"]["TemplateURL"].as_str().unwrap().to_owned();
        assert!(url("PluginMail").ends_with(&new.plugins["mail"].sha256));
        assert!(url("PluginPing").ends_with(&old.plugins["ping"].sha256));
        assert_eq!(templates.plugins["ping"], old.plugins["ping"]);
        assert_eq!(left, ["Topic"]);
        // A whole deploy afterwards still has something to do.
        assert_ne!(templates.digest, new.digest);
        assert_ne!(templates.digest, old.digest);
    }

    #[test]
    fn with_nothing_to_change_the_digest_is_the_deployed_one() {
        let old = edition("old");
        let same = narrowed(&deployed(&old), &old, "PluginMail").unwrap();
        assert_eq!(same.templates.digest, old.digest);
        assert_eq!(narrowed(&Deployed::default(), &old, "PluginMail"), None);
    }

    #[test]
    fn types_of_others_stay_as_they_are_deployed() {
        let stack = json!({ "Resources": { "Subscription": { "Properties": {
            "FilterPolicy": { "job_type": ["mail", "letter"] }
        }}}});
        let types = |value: Value| value.as_object().cloned().unwrap();
        let deployed = types(json!({ "mail": 1, "letter": 1, "ping": 1 }));
        let merged = job_types(&deployed, Some(&stack), types(json!({ "mail": 2, "fax": 2 })));
        assert_eq!(merged, types(json!({ "ping": 1, "mail": 2, "fax": 2 })));
    }
}
