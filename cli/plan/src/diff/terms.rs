//! Template values as one text each, in the notation of `Fn::Sub`.
//!
//! `{"Ref": "A"}`, `{"Fn::Sub": "${A}"}` and a join of one are the same text: `${A}`.

use serde_json::Value;
use std::collections::BTreeSet;

/// The text of a value; what has no such notation is its JSON.
pub(super) fn term(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(_) => expression(value).unwrap_or_else(|| json(value)),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(term).collect::<Vec<_>>().join(", "))
        }
        scalar => scalar.to_string(),
    }
}

fn expression(value: &Value) -> Option<String> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    let (name, inner) = map.iter().next()?;
    match (name.as_str(), inner) {
        ("Ref", Value::String(id)) => Some(format!("${{{id}}}")),
        ("Fn::Sub", Value::String(text)) => Some(text.clone()),
        ("Fn::GetAtt", Value::String(path)) => Some(format!("${{{path}}}")),
        ("Fn::GetAtt", Value::Array(path)) => {
            let parts: Option<Vec<_>> = path.iter().map(Value::as_str).collect();
            Some(format!("${{{}}}", parts?.join(".")))
        }
        ("Fn::Join", Value::Array(parts)) => {
            let [Value::String(between), Value::Array(parts)] = parts.as_slice() else {
                return None;
            };
            Some(parts.iter().map(term).collect::<Vec<_>>().join(between))
        }
        _ => None,
    }
}

/// Keys sorted: serde_json's own order depends on a feature that any crate may switch on.
fn json(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entry = |(key, value): (&String, &Value)| {
                format!("{}: {}", Value::from(&**key), json(value))
            };
            format!("{{{}}}", entries.into_iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", "))
        }
        scalar => scalar.to_string(),
    }
}

/// The logical ids and parameters that a value refers to.
pub(super) fn references(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Object(map) => map
            .iter()
            .flat_map(|(key, inner)| match (key.as_str(), inner) {
                ("Ref", Value::String(id)) => BTreeSet::from([id.clone()]),
                ("Fn::GetAtt", inner) => {
                    let path = inner.get(0).unwrap_or(inner).as_str().unwrap_or_default();
                    path.split('.').next().map(str::to_owned).into_iter().collect()
                }
                ("Fn::Sub", inner) => {
                    let text = inner.get(0).unwrap_or(inner).as_str().unwrap_or_default();
                    let below = inner.get(1).map(references).unwrap_or_default();
                    placeholders(text).map(str::to_owned).chain(below).collect()
                }
                (_, inner) => references(inner),
            })
            .collect(),
        _ => BTreeSet::new(),
    }
}

fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    let inner = text.split("${").skip(1).filter_map(|piece| piece.split('}').next());
    inner.filter(|name| !name.starts_with('!')).filter_map(|name| name.split('.').next())
}

/// Whether CloudFormation has to work out the value.
pub(super) fn is_computed(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(is_computed),
        Value::Object(map) => map
            .iter()
            .any(|(key, inner)| key == "Ref" || key.starts_with("Fn::") || is_computed(inner)),
        // A dynamic reference.
        Value::String(text) => text.contains("{{resolve:"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_same_value_in_another_notation_is_the_same_text() {
        let ways = [
            json!({ "Fn::GetAtt": ["Table", "Arn"] }),
            json!({ "Fn::GetAtt": "Table.Arn" }),
            json!({ "Fn::Sub": "${Table.Arn}" }),
            json!({ "Fn::Join": ["", [{ "Fn::GetAtt": ["Table", "Arn"] }]] }),
        ];
        for way in ways {
            assert_eq!(term(&way), "${Table.Arn}");
        }
        assert_eq!(term(&json!(true)), term(&json!("true")));
        assert_ne!(term(&json!({ "Fn::ImportValue": "a" })), term(&json!({ "Ref": "a" })));
    }

    #[test]
    fn every_reference_is_found() {
        let value = json!({
            "a": { "Ref": "One" },
            "b": [{ "Fn::Sub": ["${Two.Arn}/${x}/${!Literal}", { "x": { "Ref": "Three" } }] }],
            "c": { "Fn::If": ["Condition", { "Fn::GetAtt": ["Four", "Arn"] }, "Five"] },
        });
        let found: Vec<_> = references(&value).into_iter().collect();
        assert_eq!(found, ["Four", "One", "Three", "Two", "x"]);
    }
}
