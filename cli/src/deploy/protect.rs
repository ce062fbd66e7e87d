//! What protects a `protect` env besides termination protection. Pure.
//!
//! In: the templates that are wanted. Out: the stack policy that keeps an update from taking data
//! away, and, for the first create, templates whose data may still be deleted: a create that
//! fails has to clean up after itself, which CloudFormation cannot with deletion protection on.

use super::policy::{Refated, rename_url};
use scheduler_plan::diff::holds_data;
use scheduler_plan::template::{Template, Templates};
use serde_json::{Value, json};

/// The output `Digest` of a stack that is made, and not yet protected.
const CREATING: &str = "creating";

/// Lets every update do everything, as a stack without any policy does; a policy cannot be removed
/// (API reference, SetStackPolicy).
pub const OPEN: &str =
    r#"{"Statement":[{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"*"}]}"#;

/// A stack's policy: no update replaces or removes what holds data, but what `agreed` names, as
/// `diff` does. CloudFormation lets a policy reach no further than its own stack, so that each
/// nested stack with data has one of its own, and counts as a whole in its parent's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackPolicy {
    /// The nested stack's logical id; `None`: the root.
    pub nested: Option<String>,
    /// The policy.
    pub body: String,
}

/// The policies of the root and of every nested stack that holds data.
#[must_use]
pub fn stack_policies(templates: &Templates, agreed: &[String]) -> Vec<StackPolicy> {
    let nested = templates.nested_ids.iter().filter_map(|(id, plugin)| {
        let template = parsed(templates.plugins.get(plugin)?);
        let data: Vec<String> = resources(&template)
            .filter(|(_, one)| is_data(one))
            .map(|(id, _)| id.clone())
            .collect();
        (!data.is_empty()).then(|| (id.clone(), data))
    });
    let nested: Vec<_> = nested.collect();
    let with_data = |id: &String| nested.iter().any(|(one, _)| one == id);
    let root = parsed(&templates.root);
    let kept = resources(&root).filter(|(id, one)| is_data(one) || with_data(id));
    let is_agreed = |id: &str| agreed.iter().any(|one| one.split('/').next() == Some(id));
    let kept = kept.filter(|(id, _)| !is_agreed(id)).map(|(id, _)| id.clone());
    let mut all = vec![StackPolicy { nested: None, body: policy(kept) }];
    for (stack, data) in nested {
        let kept = data.into_iter().filter(|id| !agreed.contains(&format!("{stack}/{id}")));
        all.push(StackPolicy { body: policy(kept), nested: Some(stack) });
    }
    all
}

fn policy(kept: impl Iterator<Item = String>) -> String {
    let kept: Vec<_> = kept.map(|id| format!("LogicalResourceId/{id}")).collect();
    let mut statements =
        vec![json!({"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"})];
    if !kept.is_empty() {
        statements.push(json!({
            "Effect": "Deny",
            "Action": ["Update:Replace", "Update:Delete"],
            "Principal": "*",
            "Resource": kept,
        }));
    }
    json!({ "Statement": statements }).to_string()
}

fn is_data(definition: &Value) -> bool {
    definition["Type"].as_str().is_some_and(holds_data)
}

/// The templates with nothing in them that a delete would be refused for; `None`: they have no
/// such thing.
#[must_use]
pub fn unprotected(templates: &Templates) -> Option<Refated> {
    let mut root = parsed(&templates.root);
    let mut nested = Vec::new();
    for (id, plugin) in &templates.nested_ids {
        let Some(template) = templates.plugins.get(plugin) else { continue };
        let mut changed = parsed(template);
        if lift(&mut changed) {
            let changed = Template::of(&changed);
            rename_url(&mut root, id, &changed.sha256);
            nested.push(changed);
        }
    }
    let lifted = lift(&mut root);
    if !lifted && nested.is_empty() {
        return None;
    }
    // Whatever stops the deploy half-way, the next one must not find "nothing changed".
    root["Outputs"]["Digest"] = json!({ "Value": CREATING });
    Some(Refated { root: Template::of(&root), nested })
}

/// Switches deletion protection off, in the spelling of each type; answers whether any was on.
fn lift(template: &mut Value) -> bool {
    let mut lifted = false;
    let resources = template.get_mut("Resources").and_then(Value::as_object_mut);
    for definition in resources.into_iter().flat_map(|map| map.values_mut()) {
        let Some(properties) = definition.get_mut("Properties") else { continue };
        for key in ["DeletionProtectionEnabled", "DeletionProtection"] {
            let off = match properties.get(key) {
                Some(Value::Bool(true)) => json!(false),
                Some(Value::String(on)) if on == "ACTIVE" => json!("INACTIVE"),
                _ => continue,
            };
            properties[key] = off;
            lifted = true;
        }
    }
    lifted
}

fn parsed(template: &Template) -> Value {
    // The text is our own.
    serde_json::from_str(&template.text).unwrap_or_default()
}

fn resources(template: &Value) -> impl Iterator<Item = (&String, &Value)> {
    template.get("Resources").and_then(Value::as_object).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::stack::NESTED_STACK;

    fn templates() -> Templates {
        let mail = Template::of(&json!({ "Resources": {
            "State": { "Type": "AWS::S3::Bucket" },
            "Files": { "Type": "AWS::EFS::FileSystem" },
            "Rows": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": { "DeletionProtectionEnabled": true }
            }
        }}));
        let url = format!("https://s3.eu-central-1.amazonaws.com/b/{}", mail.sha256);
        let ping =
            Template::of(&json!({ "Resources": { "Queue": { "Type": "AWS::SQS::Queue" } } }));
        let root = Template::of(&json!({
            "Resources": {
                "Table": {
                    "Type": "AWS::DynamoDB::Table",
                    "Properties": { "DeletionProtectionEnabled": true }
                },
                "UserPool": {
                    "Type": "AWS::Cognito::UserPool",
                    "Properties": { "DeletionProtection": "ACTIVE" }
                },
                "Group": { "Type": "AWS::Scheduler::ScheduleGroup" },
                "Topic": { "Type": "AWS::SNS::Topic" },
                "PluginMail": { "Type": NESTED_STACK, "Properties": { "TemplateURL": url } },
                "PluginPing": { "Type": NESTED_STACK, "Properties": { "TemplateURL": "x" } }
            },
            "Outputs": { "Digest": { "Value": "wanted" } }
        }));
        Templates {
            root,
            plugins: [("mail".into(), mail), ("ping".into(), ping)].into(),
            nested_ids: [
                ("PluginMail".into(), "mail".into()),
                ("PluginPing".into(), "ping".into()),
            ]
            .into(),
            digest: "wanted".into(),
        }
    }

    /// Nested stack -> what no update may take from it; the root is `""`.
    fn denied(agreed: &[&str]) -> std::collections::BTreeMap<String, Vec<String>> {
        let agreed: Vec<String> = agreed.iter().map(ToString::to_string).collect();
        let of = |one: StackPolicy| {
            let policy: Value = serde_json::from_str(&one.body).unwrap();
            let kept = policy["Statement"][1]["Resource"].as_array().cloned().unwrap_or_default();
            let id = |kept: &Value| kept.as_str().unwrap().replace("LogicalResourceId/", "");
            (one.nested.unwrap_or_default(), kept.iter().map(id).collect())
        };
        stack_policies(&templates(), &agreed).into_iter().map(of).collect()
    }

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn no_update_may_take_data_but_what_was_agreed_to() {
        let all = denied(&[]);
        assert_eq!(all[""], ids(&["Group", "PluginMail", "Table", "UserPool"]));
        // A root's policy does not reach into a nested stack.
        assert_eq!(all["PluginMail"], ids(&["Files", "Rows", "State"]));
        assert_eq!(all.len(), 2, "nothing of `ping` holds data");
        let rest = denied(&["Table", "PluginMail/State"]);
        assert_eq!(rest[""], ids(&["Group", "UserPool"]));
        assert_eq!(rest["PluginMail"], ids(&["Files", "Rows"]));
    }

    #[test]
    fn a_first_create_can_clean_up_after_itself() {
        let Some(Refated { root, nested }) = unprotected(&templates()) else {
            panic!("there is protection to lift")
        };
        let root = parsed(&root);
        assert_eq!(root["Resources"]["Table"]["Properties"]["DeletionProtectionEnabled"], false);
        assert_eq!(root["Resources"]["UserPool"]["Properties"]["DeletionProtection"], "INACTIVE");
        assert_eq!(root["Outputs"]["Digest"]["Value"], CREATING);
        let url = root["Resources"]["PluginMail"]["Properties"]["TemplateURL"].as_str();
        assert!(url.is_some_and(|url| url.ends_with(&nested[0].sha256)));
        assert!(!nested[0].text.contains("true"));
    }

    #[test]
    fn without_protection_there_is_one_step_only() {
        let mut templates = templates();
        templates.root = Template::of(&json!({ "Resources": {} }));
        templates.plugins.clear();
        assert_eq!(unprotected(&templates), None);
    }
}
