//! Two values, property by property.

use super::changes::PropertyChange;
use serde_json::Value;
use std::collections::BTreeSet;

/// What names an element of a list, in the order in which it is tried.
const KEYS: [&str; 7] = ["Sid", "PolicyName", "Key", "Id", "AttributeName", "Protocol", "Name"];

/// Everything that differs below a path.
pub(super) fn compare(path: &str, old: Option<&Value>, new: Option<&Value>) -> Vec<PropertyChange> {
    match (old, new) {
        (old, new) if old == new => Vec::new(),
        (Some(Value::Object(a)), Some(Value::Object(b))) if !is_call(old) && !is_call(new) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            let below = |key: &String| compare(&join(path, key), a.get(key), b.get(key));
            keys.into_iter().flat_map(below).collect()
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => lists(path, a, b),
        _ => vec![PropertyChange { path: path.to_owned(), old: old.cloned(), new: new.cloned() }],
    }
}

fn lists(path: &str, old: &[Value], new: &[Value]) -> Vec<PropertyChange> {
    if let Some(key) = KEYS.into_iter().find(|key| names_all(key, old) && names_all(key, new)) {
        return named_lists(path, key, old, new);
    }
    let objects = old.iter().chain(new).all(Value::is_object);
    if objects && old.len() == new.len() {
        let pairs = old.iter().zip(new).enumerate();
        let below = |(nth, (a, b))| compare(&format!("{path}[{nth}]"), Some(a), Some(b));
        return pairs.flat_map(below).collect();
    }
    let whole = |list: &[Value]| Some(Value::Array(list.to_vec()));
    vec![PropertyChange { path: path.to_owned(), old: whole(old), new: whole(new) }]
}

/// Whether the key names each element, and no two alike.
fn names_all(key: &str, list: &[Value]) -> bool {
    let names: BTreeSet<&str> = list.iter().filter_map(|item| item.get(key)?.as_str()).collect();
    names.len() == list.len()
}

fn named_lists(path: &str, key: &str, old: &[Value], new: &[Value]) -> Vec<PropertyChange> {
    let name = |item: &Value| item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let find =
        |list: &[Value], wanted: &str| list.iter().find(|item| name(item) == wanted).cloned();
    let names: BTreeSet<String> = old.iter().chain(new).map(name).collect();
    let below = |wanted: String| {
        let (a, b) = (find(old, &wanted), find(new, &wanted));
        compare(&format!("{path}[{wanted}]"), a.as_ref(), b.as_ref())
    };
    names.into_iter().flat_map(below).collect()
}

/// `{"Ref": ...}` and `{"Fn::...": ...}` are one value.
fn is_call(value: Option<&Value>) -> bool {
    let Some(Value::Object(map)) = value else { return false };
    map.len() == 1 && map.keys().all(|key| key == "Ref" || key.starts_with("Fn::"))
}

fn join(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths(old: &Value, new: &Value) -> Vec<String> {
        compare("", Some(old), Some(new)).into_iter().map(|change| change.path).collect()
    }

    #[test]
    fn a_statement_is_found_by_its_sid() {
        let old = json!({ "Statement": [{ "Sid": "A", "Action": ["x"] }, { "Sid": "B" }] });
        let new = json!({ "Statement": [{ "Sid": "C" }, { "Sid": "A", "Action": ["x", "y"] }] });
        assert_eq!(paths(&old, &new), ["Statement[A].Action", "Statement[B]", "Statement[C]"]);
    }

    #[test]
    fn an_expression_changes_as_a_whole() {
        let changes = compare("Url", Some(&json!({"Ref": "A"})), Some(&json!({"Fn::Sub": "b"})));
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].old, Some(json!({"Ref": "A"})));
    }

    #[test]
    fn the_order_of_keys_does_not_matter_but_that_of_a_list_does() {
        assert!(paths(&json!({"a": 1, "b": 2}), &json!({"b": 2, "a": 1})).is_empty());
        assert_eq!(paths(&json!({"a": [1, 2]}), &json!({"a": [2, 1]})), ["a"]);
    }
}
