//! Statements as single grants.

use super::changes::{Condition, Holder};
use crate::diff::terms::term;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// One effect, of one principal, action, resource and condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Grant {
    pub(super) holder: Holder,
    pub(super) denies: bool,
    /// Empty where the holder is the principal.
    pub(super) principal: String,
    pub(super) action: String,
    /// Empty in a trust policy.
    pub(super) resource: String,
    pub(super) condition: Condition,
}

/// Every grant of a policy document. Some services take the document as a text.
pub(super) fn of_document(holder: &Holder, document: &Value) -> Vec<Grant> {
    let parsed;
    let document = match document.as_str().map(serde_json::from_str) {
        Some(Ok(value)) => {
            parsed = value;
            &parsed
        }
        _ => document,
    };
    let statements = document.get("Statement").unwrap_or(&Value::Null);
    branches(statements).flat_map(|one| of_statement(holder, one)).collect()
}

/// The elements of a list, or the one value; of a choice, either. Both sides of an `Fn::If` count:
/// which one holds is not known here.
pub(super) fn branches(value: &Value) -> impl Iterator<Item = &Value> {
    let mut open = vec![value];
    let mut found = Vec::new();
    while let Some(one) = open.pop() {
        match (one, one.get("Fn::If").and_then(Value::as_array)) {
            (_, Some(choice)) => open.extend(choice.iter().skip(1).rev()),
            (Value::Array(items), None) => open.extend(items.iter().rev()),
            (Value::Null, None) => {}
            (one, None) if is_no_value(one) => {}
            (one, None) => found.push(one),
        }
    }
    found.into_iter()
}

fn is_no_value(value: &Value) -> bool {
    value.get("Ref").and_then(Value::as_str) == Some("AWS::NoValue")
}

fn of_statement(holder: &Holder, statement: &Value) -> Vec<Grant> {
    let denies = statement.get("Effect").and_then(Value::as_str) == Some("Deny");
    let condition = statement.get("Condition").map(condition).unwrap_or_default();
    let resources = terms(statement, "Resource");
    let mut grants = Vec::new();
    for principal in principals(statement) {
        for action in terms(statement, "Action") {
            for resource in &resources {
                grants.push(Grant {
                    holder: holder.clone(),
                    denies,
                    principal: principal.clone(),
                    action: action.clone(),
                    resource: resource.clone(),
                    condition: condition.clone(),
                });
            }
        }
    }
    grants
}

/// The texts of `Action` or of `NotAction`; one that is empty where there is neither.
fn terms(statement: &Value, key: &str) -> Vec<String> {
    let texts = |key: &str| -> Option<Vec<String>> {
        Some(branches(statement.get(key)?).map(term).collect())
    };
    if let Some(texts) = texts(key) {
        return texts;
    }
    texts(&format!("Not{key}")).map_or_else(|| vec![String::new()], |all| vec![all_but(&all)])
}

/// Compared as a whole.
fn all_but(texts: &[String]) -> String {
    format!("everything but {}", texts.join(", "))
}

fn principals(statement: &Value) -> Vec<String> {
    let texts = |value: &Value| match value {
        Value::Object(kinds) if !kinds.contains_key("Fn::If") => {
            kinds.values().flat_map(|one| branches(one).map(term).collect::<Vec<_>>()).collect()
        }
        one => branches(one).map(term).collect::<Vec<_>>(),
    };
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(one), _) => texts(one),
        (None, Some(one)) => vec![all_but(&texts(one))],
        (None, None) => vec![String::new()],
    }
}

/// A condition by operator, key and values.
pub(super) fn condition(value: &Value) -> Condition {
    let Some(operators) = value.as_object().filter(|map| !map.contains_key("Fn::If")) else {
        return whole(value);
    };
    let keys = |map: &Map<String, Value>| -> BTreeMap<String, BTreeSet<String>> {
        let of =
            |(key, values): (&String, &Value)| (key.clone(), branches(values).map(term).collect());
        map.iter().map(of).collect()
    };
    let of = |(operator, inner): (&String, &Value)| match inner.as_object() {
        Some(map) if !map.contains_key("Fn::If") => (operator.clone(), keys(map)),
        _ => (operator.clone(), BTreeMap::from([(String::new(), BTreeSet::from([term(inner)]))])),
    };
    operators.iter().map(of).collect()
}

/// One that is worked out: compared as a whole.
fn whole(value: &Value) -> Condition {
    let values = BTreeMap::from([(String::new(), BTreeSet::from([term(value)]))]);
    BTreeMap::from([("Fn::If".to_owned(), values)])
}
