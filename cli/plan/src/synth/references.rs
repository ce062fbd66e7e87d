//! References inside of a stack: what they name has to be there.

use super::error::SynthError;
use crate::plan::PluginStack;
use crate::problem::Place;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Every name that `Ref`, `Fn::GetAtt`, `Fn::Sub` or `DependsOn` mentions.
fn names(value: &Value) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    collect(value, &mut found);
    found
}

/// Whether a template mentions a name anywhere.
pub(super) fn mentions(whole: &Map<String, Value>, name: &str) -> bool {
    whole.values().any(|section| names(section).contains(name))
}

fn collect<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(map) => map.iter().for_each(|(key, value)| entry(key, value, found)),
        _ => {}
    }
}

fn entry<'a>(key: &str, value: &'a Value, found: &mut BTreeSet<&'a str>) {
    let first = value.get(0).and_then(Value::as_str);
    match (key, value) {
        ("Ref" | "DependsOn", Value::String(name)) => drop(found.insert(name)),
        ("Fn::GetAtt", Value::String(path)) => drop(found.insert(head(path))),
        ("Fn::GetAtt", Value::Array(_)) => found.extend(first),
        ("DependsOn", Value::Array(items)) => found.extend(items.iter().filter_map(Value::as_str)),
        ("Fn::Sub", Value::String(text)) => found.extend(in_sub(text, None)),
        ("Fn::Sub", Value::Array(parts)) => {
            found.extend(first.into_iter().flat_map(|text| in_sub(text, parts.get(1))));
            parts.iter().skip(1).for_each(|part| collect(part, found));
        }
        _ => collect(value, found),
    }
}

/// `${Name}` and `${Name.Attribute}`, but not `${!Literal}` nor what the expression itself defines.
fn in_sub<'a>(text: &'a str, defined: Option<&Value>) -> impl Iterator<Item = &'a str> {
    let pieces = text.split("${").skip(1).filter_map(|piece| piece.split_once('}'));
    let names = pieces.map(|(name, _)| name.trim()).filter(|name| !name.starts_with('!'));
    names.map(head).filter(move |name| defined.is_none_or(|map| map.get(name).is_none()))
}

fn head(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// Everything that a plugin's stack mentions has to be in it.
pub(super) fn check(whole: &Map<String, Value>, stack: &PluginStack) -> Result<(), SynthError> {
    let known = |name: &str| {
        let sections = ["Resources", "Parameters"].iter().filter_map(|name| whole.get(*name));
        name.starts_with("AWS::") || sections.into_iter().any(|map| map.get(name).is_some())
    };
    for section in ["Resources", "Outputs"] {
        let entries = whole.get(section).and_then(Value::as_object).into_iter().flatten();
        for (id, body) in entries {
            if let Some(to) = names(body).into_iter().find(|name| !known(name)) {
                let (from, to) = (id.clone(), to.to_owned());
                return Err(SynthError::Dangling { place: place(stack, id), from, to });
            }
        }
    }
    Ok(())
}

/// The template that wrote the entry, where it stands as a key; what the tool wrote comes from the
/// manifest.
pub(crate) fn place(stack: &PluginStack, id: &str) -> Place {
    let template = stack.resources.iter().find_map(|template| {
        let line = line_of(&template.text, id, None)?;
        Some(Place { path: template.path.clone(), line, column: 1 })
    });
    template.unwrap_or_else(|| Place::file(&format!("{}/plugin.toml", stack.dir)))
}

/// The line, from 1, where a resource stands as a key in the text of a template; with a property,
/// that property's line, where the resource has it.
#[must_use]
pub fn line_of(text: &str, id: &str, property: Option<&str>) -> Option<usize> {
    let keys = keys(text, id);
    // The id may be a key of something else too; a resource has a type.
    let is_resource = |at: &&usize| {
        let body = text.get(**at..).unwrap_or_default();
        let body = body.split_once('{').map_or("", |(_, body)| body).trim_start();
        body.starts_with("\"Type\"") || body.starts_with("\"Properties\"")
    };
    let at = *keys.iter().find(is_resource).or_else(|| keys.first())?;
    let line = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count() + 1;
    let inside = property.and_then(|name| keys_inside(text, at, name));
    Some(line(inside.unwrap_or(at)))
}

/// Where a name stands as a key.
fn keys(text: &str, name: &str) -> Vec<usize> {
    let quoted = format!("\"{name}\"");
    let all = text.match_indices(&quoted).map(|(at, _)| at);
    let is_key = |at: &usize| {
        let rest = text.get(at + quoted.len()..).unwrap_or_default();
        rest.trim_start().starts_with(':')
    };
    all.filter(is_key).collect()
}

/// Where a name stands as a key on the lines that belong to the key before them: those that stand
/// further in.
fn keys_inside(text: &str, from: usize, name: &str) -> Option<usize> {
    let begin = text.get(..from)?.rfind('\n').map_or(0, |at| at + 1);
    let depth = |line: &str| line.len() - line.trim_start().len();
    let own = depth(text.get(begin..)?.lines().next()?);
    let body = text.get(from..)?;
    let mut end = from;
    for (nth, line) in body.split_inclusive('\n').enumerate() {
        if nth > 0 && !line.trim().is_empty() && depth(line.trim_end()) <= own {
            break;
        }
        end += line.len();
    }
    keys(text.get(from..end)?, name).first().map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::line_of;

    #[test]
    fn a_resource_is_found_however_its_template_is_written() {
        let text = "{\n  \"Outputs\": { \"Inbox\": 1 },\n  \"Resources\": {\n    \"Inbox\": {\n      \
                    \"Type\": \"AWS::SQS::Queue\",\n      \"Properties\": {\n        \
                    \"DelaySeconds\": 1\n      }\n    },\n    \"Other\": { \"Depends\": 1 }\n  }\n}\n";
        assert_eq!(line_of(text, "Inbox", None), Some(4));
        assert_eq!(line_of(text, "Inbox", Some("DelaySeconds")), Some(7));
        assert_eq!(line_of(text, "Inbox", Some("Depends")), Some(4));
        assert_eq!(line_of(text, "Absent", None), None);
        let line =
            "{\"Resources\": {\"A\": {\"Type\": {\"Ref\": \"Inbox\"}}, \"Inbox\": {\"Type\": 1}}}";
        assert_eq!(line_of(line, "Inbox", Some("Absent")), Some(1));
    }
}
