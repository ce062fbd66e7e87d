//! Which resources wait for each other, and through which of their properties. Pure.

use super::policy::references;
use scheduler_plan::template::{Template, Templates};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};

/// What of whom a resource needs: property and resource.
type Needs<'a> = BTreeMap<&'a str, Vec<(&'a str, String)>>;

/// The shortest circle among the resources that CloudFormation names, from the templates; `None`
/// where it speaks of something else.
#[must_use]
pub fn circle(reason: &str, templates: &Templates) -> Option<String> {
    let list = reason.split_once("Circular dependency between resources: [")?.1;
    let names: Vec<&str> = list.split_once(']')?.0.split(',').map(str::trim).collect();
    let all = templates.plugins.values().chain([&templates.root]);
    all.filter_map(|template| shortest(&parsed(template), &names)).next()
}

fn parsed(template: &Template) -> Value {
    // The text is our own.
    serde_json::from_str(&template.text).unwrap_or_default()
}

fn shortest(template: &Value, names: &[&str]) -> Option<String> {
    let resources = template.get("Resources")?.as_object()?;
    let needs: Needs<'_> = resources
        .iter()
        .filter(|(id, _)| names.contains(&id.as_str()))
        .map(|(id, definition)| (id.as_str(), needs(definition)))
        .collect();
    let circles = needs.keys().filter_map(|start| from(start, &needs));
    let found = circles.min_by_key(Vec::len)?;
    Some(found.join(", "))
}

fn needs(definition: &Value) -> Vec<(&str, String)> {
    let properties = definition["Properties"].as_object().into_iter().flatten();
    let named = properties.flat_map(|(key, value)| {
        references(value).into_iter().map(move |name| (key.as_str(), name))
    });
    let listed = match &definition["DependsOn"] {
        Value::String(name) => vec![name.clone()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(Into::into).collect(),
        _ => Vec::new(),
    };
    named.chain(listed.into_iter().map(|name| ("DependsOn", name))).collect()
}

/// The shortest way from a resource back to itself, a sentence a step.
fn from(start: &str, needs: &Needs<'_>) -> Option<Vec<String>> {
    let mut ways = VecDeque::from([(start.to_owned(), Vec::new())]);
    let mut seen: Vec<String> = Vec::new();
    while let Some((at, way)) = ways.pop_front() {
        for (property, next) in needs.get(at.as_str()).into_iter().flatten() {
            let mut longer = way.clone();
            longer.push(format!("`{at}` needs `{next}` (its `{property}`)"));
            if next == start {
                return Some(longer);
            }
            if !seen.contains(next) {
                seen.push(next.clone());
                ways.push_back((next.clone(), longer));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_shortest_circle_is_told_with_its_properties() {
        let plugin = Template::of(&json!({ "Resources": {
            "Queue": {
                "Type": "AWS::SQS::Queue",
                "Properties": { "RedrivePolicy": { "arn": { "Fn::GetAtt": ["Dead", "Arn"] } } }
            },
            "Dead": {
                "Type": "AWS::SQS::Queue",
                "DependsOn": "Role",
                "Properties": { "QueueName": { "Fn::Sub": "${Queue.QueueName}-dead" } }
            },
            "Role": { "Type": "AWS::IAM::Role", "Properties": { "Name": { "Ref": "Queue" } } }
        }}));
        let templates = Templates {
            root: Template::of(&json!({ "Resources": {} })),
            plugins: [("mail".to_owned(), plugin)].into(),
            nested_ids: BTreeMap::new(),
            digest: String::new(),
        };
        let reason = "Circular dependency between resources: [Queue, Dead, Role]";
        assert_eq!(
            circle(reason, &templates).as_deref(),
            Some(
                "`Dead` needs `Queue` (its `QueueName`), `Queue` needs `Dead` (its `RedrivePolicy`)"
            )
        );
        assert_eq!(circle("Template error", &templates), None);
    }
}
