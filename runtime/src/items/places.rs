//! Where in a job a part of its schema applies.
//!
//! `boon` judges the names of an object's properties apart from the object, and then no longer knows
//! where that was. So schema and job are walked together, down to the part that refused a name.
//! Conditions and patterns are not judged again: a part that they rule out counts as applied.

use super::validate::child;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Where in the job, as JSON pointers, the part of the schema with this address meets properties of
/// these names.
pub(super) fn places(
    (schema, address): (&Value, &str),
    job: &Value,
    names: &BTreeSet<String>,
) -> Vec<String> {
    let wanted = decoded(address.split_once('#').map_or("", |(_, fragment)| fragment));
    let (seen, found) = (BTreeSet::new(), Vec::new());
    let mut walk = Walk { schema, names, wanted: &wanted, seen, found };
    walk.visit(String::new(), job, String::new());
    walk.found
}

struct Walk<'a> {
    schema: &'a Value,
    names: &'a BTreeSet<String>,
    wanted: &'a str,
    /// Schemas may refer to each other in a circle.
    seen: BTreeSet<(String, String)>,
    found: Vec<String>,
}

impl Walk<'_> {
    /// A part of the schema, by its pointer, at a place of the job, by its own.
    fn visit(&mut self, part: String, value: &Value, place: String) {
        let Some(Value::Object(keywords)) = self.schema.pointer(&part) else { return };
        if !self.seen.insert((part.clone(), place.clone())) {
            return;
        }
        if part == self.wanted {
            let own = value.as_object().into_iter().flat_map(Map::keys);
            let refused = own.filter(|name| self.names.contains(*name));
            self.found.extend(refused.map(|name| child(&place, name)));
        }
        for part in of_the_same(&part, keywords) {
            self.visit(part, value, place.clone());
        }
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    for part in of_a_property(&part, keywords, name) {
                        self.visit(part, value, child(&place, name));
                    }
                }
            }
            Value::Array(entries) => {
                for (nth, value) in entries.iter().enumerate() {
                    let nth = nth.to_string();
                    let items = ["items", "contains", "unevaluatedItems"];
                    let parts = items.map(|keyword| child(&part, keyword));
                    let own = child(&child(&part, "prefixItems"), &nth);
                    for part in parts.into_iter().chain([own]) {
                        self.visit(part, value, child(&place, &nth));
                    }
                }
            }
            _ => {}
        }
    }
}

/// Parts that apply to the same value.
fn of_the_same(part: &str, keywords: &Map<String, Value>) -> Vec<String> {
    let mut parts: Vec<_> =
        ["if", "then", "else", "not"].iter().map(|keyword| child(part, keyword)).collect();
    for keyword in ["allOf", "anyOf", "oneOf", "dependentSchemas"] {
        let within = child(part, keyword);
        match keywords.get(keyword) {
            Some(Value::Array(list)) => {
                parts.extend((0..list.len()).map(|nth| child(&within, &nth.to_string())));
            }
            Some(Value::Object(named)) => {
                parts.extend(named.keys().map(|name| child(&within, name)));
            }
            _ => {}
        }
    }
    let target = keywords.get("$ref").and_then(Value::as_str);
    parts.extend(target.and_then(|target| target.strip_prefix('#')).map(decoded));
    parts
}

/// Parts that apply to a property.
fn of_a_property(part: &str, keywords: &Map<String, Value>, name: &str) -> Vec<String> {
    let named = |keyword: &str| keywords.get(keyword).and_then(Value::as_object);
    if named("properties").is_some_and(|properties| properties.contains_key(name)) {
        return vec![child(&child(part, "properties"), name)];
    }
    let within = child(part, "patternProperties");
    let patterns = named("patternProperties").into_iter().flat_map(Map::keys);
    let others = ["additionalProperties", "unevaluatedProperties"];
    let others = others.iter().map(|keyword| child(part, keyword));
    patterns.map(|pattern| child(&within, pattern)).chain(others).collect()
}

/// The fragment of a URL as it was before it became one.
fn decoded(fragment: &str) -> String {
    let mut parts = fragment.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend(part.bytes().skip(2));
            }
            None => bytes.extend(format!("%{part}").bytes()),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
