//! References inside of a stack: what they name has to be there.

use super::error::SynthError;
use super::placeholders::UNDEFINED;
use crate::app::ResourcesTemplate;
use crate::nearest::did_you_mean;
use crate::plan::PluginStack;
use crate::problem::Place;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What every stack knows of itself (CloudFormation user guide, "Pseudo parameters reference").
const PSEUDO: [&str; 8] = [
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

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
pub(crate) fn in_sub<'a>(text: &'a str, defined: Option<&Value>) -> impl Iterator<Item = &'a str> {
    let pieces = text.split("${").skip(1).filter_map(|piece| piece.split_once('}'));
    let names = pieces.map(|(name, _)| name.trim()).filter(|name| !name.starts_with('!'));
    names.map(head).filter(move |name| defined.is_none_or(|map| map.get(name).is_none()))
}

/// The resource of `Name.Attribute`.
pub(crate) fn head(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// Everything that a plugin's stack mentions has to be in it. `written` are the ids that the plugin's
/// own template defines.
pub(super) fn check(
    whole: &Map<String, Value>,
    written: &BTreeSet<String>,
    stack: &PluginStack,
) -> Vec<SynthError> {
    let entries =
        |section: &str| whole.get(section).and_then(Value::as_object).into_iter().flatten();
    let own = ["Resources", "Parameters"].into_iter().flat_map(&entries);
    let known: Vec<&str> = own.map(|(id, _)| id.as_str()).chain(PSEUDO).collect();
    let is_there = |name: &str| known.contains(&name) || name.contains(UNDEFINED);
    let mut errors = Vec::new();
    for (from, body) in ["Resources", "Outputs"].into_iter().flat_map(entries) {
        for to in names(body).into_iter().filter(|name| !is_there(name)) {
            let places = match &stack.resources {
                Some(template) if written.contains(from) => mentioned(template, from, to),
                _ => vec![Place::file(&format!("{}/plugin.toml", stack.dir))],
            };
            let hint = did_you_mean(to, &known);
            errors.extend(places.into_iter().map(|place| SynthError::Dangling {
                place,
                from: from.clone(),
                to: to.to_owned(),
                hint: hint.clone(),
            }));
        }
    }
    errors
}

/// The places in a template where an entry mentions a name; the entry's own where the name is put
/// together by the template.
fn mentioned(template: &ResourcesTemplate, from: &str, to: &str) -> Vec<Place> {
    let text = &template.text;
    let keys = keys(text, from);
    let ranges: Vec<_> = keys.iter().map(|at| *at..end(text, at + from.len() + 2)).collect();
    let inside: Vec<_> = ranges
        .into_iter()
        .flat_map(|range| {
            let body = text.get(range.clone()).unwrap_or_default();
            places(body, to).into_iter().map(move |at| range.start + at)
        })
        .collect();
    let found = match (inside.is_empty(), keys.first()) {
        (false, _) => inside,
        // A placeholder writes the entry's name.
        (true, None) => places(text, to),
        (true, Some(key)) => vec![*key],
    };
    match found.is_empty() {
        true => vec![Place::file(&template.path)],
        false => found.into_iter().map(|at| Place::at(&template.path, text, at)).collect(),
    }
}

/// Where a text mentions a name: as a whole value, as the head of `Name.Attribute`, or in `${...}`.
fn places(text: &str, name: &str) -> Vec<usize> {
    let (quote, brace) = (format!("\"{name}"), format!("${{{name}"));
    let quoted = text.match_indices(&quote).filter_map(|(at, found)| {
        let rest = text.get(at + found.len()..)?;
        let is_value = rest
            .strip_prefix('"')
            .is_some_and(|rest| !rest.trim_start().starts_with(':') && is_reference(text, at));
        (is_value || rest.starts_with('.')).then_some(at)
    });
    let filled = text.match_indices(&brace).filter_map(|(at, found)| {
        let rest = text.get(at + found.len()..)?;
        rest.trim_start().starts_with(['}', '.']).then_some(at)
    });
    let mut all: Vec<_> = quoted.chain(filled).collect();
    all.sort_unstable();
    all
}

/// Whether the value that begins at a byte may be a reference: the value of one's key, or an entry
/// of a list, as those of `DependsOn` and `Fn::GetAtt` are.
fn is_reference(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default().trim_end();
    match before.strip_suffix(':') {
        Some(key) => {
            let key = key.trim_end();
            ["\"Ref\"", "\"DependsOn\""].iter().any(|name| key.ends_with(name))
        }
        None => before.ends_with(['[', ',']),
    }
}

/// Behind the last brace of the object that begins at or after a byte.
fn end(text: &str, from: usize) -> usize {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (at, letter) in text.get(from..).unwrap_or_default().char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '{' if !in_text => depth += 1,
            '}' if !in_text => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return from + at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
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
    use super::{line_of, places};

    #[test]
    fn a_mention_is_told_from_a_text_that_is_alike() {
        let text = "{\"Ref\": \"Box\"} {\"Name\": \"Box\"} {\"Box\": 1} [\"Box\", \"Arn\"] \"Boxes\" \
                    \"Box.Arn\" \"${Box}/${Box.Arn}/${Boxes}\" {\"DependsOn\" : \"Box\"}";
        let found: Vec<_> = places(text, "Box").iter().map(|at| &text[*at..at + 6]).collect();
        let wanted = ["\"Box\"}", "\"Box\",", "\"Box.A", "${Box}", "${Box.", "\"Box\"}"];
        assert_eq!(found, wanted);
    }

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
