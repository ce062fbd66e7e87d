//! Deletion policies of a live template, changed just before the stack goes. Pure.
//!
//! CloudFormation decides by the deployed template what a delete leaves behind, so a destroy that
//! keeps data, and one that does not where the template would, first update that one attribute.

use super::deployed::Deployed;
use super::destroy::KEPT_TYPES;
use scheduler_plan::template::Template;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The output `Digest` of a stack on its way out: no release ever has it.
pub const DESTROYING: &str = "destroying";

/// What a delete does with data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataFate {
    /// It stays.
    Retain,
    /// It goes.
    Delete,
}

/// Templates in which data has another fate.
#[derive(Debug, PartialEq, Eq)]
pub struct Refated {
    /// The root.
    pub root: Template,
    /// The nested ones that differ.
    pub nested: Vec<Template>,
}

/// The live templates with this fate for all data; `None`: they say so already.
#[must_use]
pub fn refate(deployed: &Deployed, fate: DataFate) -> Option<Refated> {
    let live = deployed.root.as_ref()?;
    let mut root = live.clone();
    let mut nested = Vec::new();
    for (id, template) in &deployed.nested {
        let mut changed = template.clone();
        if set_fate(&mut changed, fate) {
            let changed = Template::of(&changed);
            rename_url(&mut root, id, &changed.sha256);
            nested.push(changed);
        }
    }
    set_fate(&mut root, fate);
    if root == *live {
        return None;
    }
    // Whatever stops the destroy half-way, the next deploy must not find "nothing changed".
    root["Outputs"]["Digest"] = json!({ "Value": DESTROYING });
    Some(Refated { root: Template::of(&root), nested })
}

/// The root template in which each of these nested stacks is made around a placeholder: what they
/// hold goes, and what they retain is let go of.
#[must_use]
pub fn let_go(mut root: Value, nested: &[String]) -> Refated {
    let seed = seed_template();
    for id in nested {
        let Some(properties) = root.pointer_mut(&format!("/Resources/{id}/Properties")) else {
            continue;
        };
        *properties = json!({ "TemplateURL": properties["TemplateURL"] });
        rename_url(&mut root, id, &seed.sha256);
    }
    root["Outputs"] = json!({ "Digest": { "Value": DESTROYING } });
    Refated { root: Template::of(&root), nested: vec![seed] }
}

/// The one resource of a nested stack that waits for its data, or has let go of it.
pub const SEED: &str = "Seed";

/// A placeholder: it costs nothing and does nothing.
#[must_use]
pub fn seed() -> Value {
    json!({ "Type": "AWS::CloudFormation::WaitConditionHandle" })
}

/// A template of nothing but the placeholder.
#[must_use]
pub fn seed_template() -> Template {
    Template::of(&json!({ "Resources": { SEED: seed() } }))
}

/// Sets the policy of everything that a destroy can keep; answers whether anything changed.
fn set_fate(template: &mut Value, fate: DataFate) -> bool {
    let Some(resources) = template.get_mut("Resources").and_then(Value::as_object_mut) else {
        return false;
    };
    let mut changed = false;
    for definition in resources.values_mut().filter(|definition| is_kept(definition)) {
        if fate_of(definition) != fate {
            definition["DeletionPolicy"] = match fate {
                DataFate::Retain => json!("Retain"),
                DataFate::Delete => json!("Delete"),
            };
            changed = true;
        }
    }
    changed
}

/// Whether a definition is of something that a destroy can keep.
#[must_use]
pub fn is_kept(definition: &Value) -> bool {
    definition["Type"].as_str().is_some_and(|kind| KEPT_TYPES.contains(&kind))
}

fn fate_of(definition: &Value) -> DataFate {
    match definition["DeletionPolicy"].as_str() {
        Some("Retain" | "RetainExceptOnCreate") => DataFate::Retain,
        _ => DataFate::Delete,
    }
}

/// Lets a nested stack's TemplateURL name another digest, whatever function wraps it.
pub fn rename_url(root: &mut Value, id: &str, digest: &str) {
    let Some(url) = root.pointer_mut(&format!("/Resources/{id}/Properties/TemplateURL")) else {
        return;
    };
    replace_digest(url, digest);
}

fn replace_digest(value: &mut Value, digest: &str) {
    match value {
        Value::String(text) => {
            if let Some(at) = digest_at(text) {
                text.replace_range(at..at + DIGEST_LEN, digest);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| replace_digest(value, digest)),
        Value::Object(map) => map.values_mut().for_each(|value| replace_digest(value, digest)),
        _ => {}
    }
}

/// SHA-256 in hex.
const DIGEST_LEN: usize = 64;

/// Where the last word of a URL is a digest.
fn digest_at(text: &str) -> Option<usize> {
    let at = text.rfind('/').map_or(0, |slash| slash + 1);
    let word = text.get(at..)?;
    let is_digest = word.len() == DIGEST_LEN && word.bytes().all(|b| b.is_ascii_hexdigit());
    is_digest.then_some(at)
}

/// Puts a nested stack's parameters in the place of the references to them.
pub fn substitute(value: &mut Value, parameters: &BTreeMap<String, String>) {
    if let Some(text) = value.get("Ref").and_then(Value::as_str).and_then(|p| parameters.get(p)) {
        *value = Value::from(text.as_str());
        return;
    }
    match value {
        Value::Object(map) => {
            if let Some(Value::String(text)) = map.get_mut("Fn::Sub") {
                for (name, replacement) in parameters {
                    *text = text.replace(&format!("${{{name}}}"), replacement);
                }
            }
            map.values_mut().for_each(|value| substitute(value, parameters));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| substitute(value, parameters)),
        _ => {}
    }
}

/// Every name that a value refers to (`Ref`, `Fn::GetAtt`, `Fn::Sub`), pseudo parameters apart.
#[must_use]
pub fn references(value: &Value) -> Vec<String> {
    let mut names = Vec::new();
    collect(value, &mut names);
    names.retain(|name| !name.starts_with("AWS::"));
    names
}

fn collect(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                match (key.as_str(), inner) {
                    ("Ref", Value::String(name)) => names.push(name.clone()),
                    ("Fn::GetAtt", Value::String(path)) => names.push(head(path)),
                    ("Fn::GetAtt", Value::Array(path)) => {
                        names.extend(path.first().and_then(Value::as_str).map(head));
                    }
                    ("Fn::Sub", Value::String(text)) => names.extend(placeholders(text)),
                    ("Fn::Sub", Value::Array(parts)) => {
                        let text = parts.first().and_then(Value::as_str).unwrap_or_default();
                        let own =
                            |name: &String| parts.get(1).is_some_and(|map| map.get(name).is_some());
                        names.extend(placeholders(text).into_iter().filter(|name| !own(name)));
                        parts.iter().skip(1).for_each(|part| collect(part, names));
                    }
                    (_, inner) => collect(inner, names),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, names)),
        _ => {}
    }
}

fn head(path: &str) -> String {
    path.split('.').next().unwrap_or(path).to_owned()
}

fn placeholders(text: &str) -> Vec<String> {
    let parts = text.split("${").skip(1);
    let names = parts.filter_map(|part| part.split_once('}')).map(|(name, _)| name);
    names.filter(|name| !name.starts_with('!')).map(head).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployed(policy: &str) -> Deployed {
        let digest = "a".repeat(DIGEST_LEN);
        let url = format!("https://s3.${{AWS::Region}}.x/b/{digest}");
        let root = json!({
            "Resources": {
                "Table": { "Type": "AWS::DynamoDB::Table", "DeletionPolicy": policy },
                "Topic": { "Type": "AWS::SNS::Topic" },
                "PluginMail": {
                    "Type": "AWS::CloudFormation::Stack",
                    "Properties": { "TemplateURL": { "Fn::Sub": url } }
                }
            },
            "Outputs": { "Digest": { "Value": "d" } }
        });
        let mail = json!({ "Resources": {
            "State": { "Type": "AWS::S3::Bucket", "DeletionPolicy": policy }
        }});
        Deployed { root: Some(root), nested: [("PluginMail".to_owned(), mail)].into() }
    }

    #[test]
    fn keeping_data_changes_only_data_and_the_urls_of_changed_templates() {
        let refated = refate(&deployed("Delete"), DataFate::Retain).expect("a change");
        let root: Value = serde_json::from_str(&refated.root.text).expect("JSON");
        assert_eq!(root["Resources"]["Table"]["DeletionPolicy"], "Retain");
        assert_eq!(root["Resources"]["Topic"], json!({ "Type": "AWS::SNS::Topic" }));
        let url = &root["Resources"]["PluginMail"]["Properties"]["TemplateURL"]["Fn::Sub"];
        let nested = &refated.nested[0].sha256;
        assert_eq!(url, &json!(format!("https://s3.${{AWS::Region}}.x/b/{nested}")));
    }

    #[test]
    fn a_half_done_destroy_is_not_taken_for_an_unchanged_deploy() {
        let refated = refate(&deployed("Delete"), DataFate::Retain).expect("a change");
        let root: Value = serde_json::from_str(&refated.root.text).expect("JSON");
        assert_eq!(root["Outputs"]["Digest"]["Value"], "destroying");
    }

    #[test]
    fn templates_that_say_so_already_stay_as_they_are() {
        assert_eq!(refate(&deployed("Delete"), DataFate::Delete), None);
        assert_eq!(refate(&deployed("RetainExceptOnCreate"), DataFate::Retain), None);
        assert!(refate(&deployed("RetainExceptOnCreate"), DataFate::Delete).is_some());
    }

    #[test]
    fn parameters_are_put_in_and_other_references_are_found() {
        let mut value = json!({
            "A": { "Ref": "Prefix" },
            "B": { "Fn::Sub": "${Prefix}-${AWS::Region}-${Key.Arn}" },
            "C": { "Fn::GetAtt": ["Role", "Arn"] },
            "D": { "Fn::Sub": ["${Name}-${Topic.TopicName}", { "Name": { "Ref": "Queue" } }] }
        });
        substitute(&mut value, &[("Prefix".to_owned(), "mon".to_owned())].into());
        assert_eq!(value["A"], "mon");
        assert_eq!(value["B"]["Fn::Sub"], "mon-${AWS::Region}-${Key.Arn}");
        assert_eq!(references(&value), ["Key", "Role", "Topic", "Queue"]);
    }
}
