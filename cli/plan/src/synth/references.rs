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
    let quoted = format!("\"{id}\"");
    let is_key = |line: &str| {
        line.split_once(&quoted).is_some_and(|(_, rest)| rest.trim_start().starts_with(':'))
    };
    let template = stack.resources.iter().find_map(|template| {
        let line = template.text.lines().position(is_key)? + 1;
        Some(Place { path: template.path.clone(), line, column: 1 })
    });
    template.unwrap_or_else(|| Place::file(&format!("{}/plugin.toml", stack.dir)))
}
