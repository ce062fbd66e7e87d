//! What a deploy replaces by a new resource, and why.

use super::changes::PropertyChange;
use super::create_only::{Certainty, CreateOnly, create_only, name_property};
use super::terms::{is_computed, references, term};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A new resource takes the place of the old one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replacement {
    /// What causes it, such as `QueueName`, or `Type` itself.
    pub property: String,
    /// How sure it is.
    pub certainty: Certainty,
    /// The resource or parameter that changes, where the property only refers to it.
    pub follows: Option<String>,
    /// The property that names the resource, where it stays as it is: CloudFormation refuses to
    /// replace what keeps its name.
    pub keeps_name: Option<String>,
}

impl fmt::Display for Replacement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { property, certainty, follows, keeps_name } = self;
        match certainty {
            Certainty::Certain => write!(f, "replaced, since `{property}` changes")?,
            Certainty::Possible => write!(f, "may be replaced, since `{property}` changes")?,
        }
        if let Some(other) = follows {
            write!(f, " with `{other}`")?;
        }
        if let Some(name) = keeps_name {
            write!(f, "; CloudFormation refuses that while `{name}` stays the same")?;
        }
        Ok(())
    }
}

/// What becomes of a resource that changes, as far as its own properties tell.
pub(super) fn replacement(
    old: &Value,
    new: &Value,
    changes: &[PropertyChange],
) -> Option<Replacement> {
    if old.get("Type") != new.get("Type") {
        return Some(Replacement {
            property: "Type".to_owned(),
            certainty: Certainty::Certain,
            follows: None,
            keeps_name: None,
        });
    }
    let kind = new.get("Type").and_then(Value::as_str).unwrap_or_default();
    let causes = create_only(kind).into_iter().filter_map(|one| cause(one, old, new, changes));
    // The first of the surest.
    let (certainty, property) = causes.reduce(|a, b| if b.0 > a.0 { b } else { a })?;
    let keeps_name = kept_name(kind, old, new);
    Some(Replacement { property, certainty, follows: None, keeps_name })
}

fn cause(
    one: CreateOnly,
    old: &Value,
    new: &Value,
    changes: &[PropertyChange],
) -> Option<(Certainty, String)> {
    let (a, b) = (values(old, one.path), values(new, one.path));
    let texts = |values: &[&Value]| values.iter().map(|one| term(one)).collect::<Vec<_>>();
    if texts(&a) == texts(&b) {
        return None;
    }
    let computed = a.iter().chain(&b).any(|value| is_computed(value));
    let certainty = if computed { Certainty::Possible } else { one.certain };
    // As exact as it was told: `KeySchema[job_id]`.
    let told = changes.iter().map(|change| &change.path).find(|path| is_below(path, one.path));
    Some((certainty, told.cloned().unwrap_or_else(|| one.path.to_owned())))
}

fn is_below(path: &str, above: &str) -> bool {
    let rest = path.strip_prefix(above);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// What stands at a path of a resource's properties.
fn values<'a>(resource: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found: Vec<&Value> = resource.get("Properties").into_iter().collect();
    for step in path.split('.') {
        found = match step {
            "*" => found.into_iter().flat_map(elements).collect(),
            key => found.into_iter().filter_map(|value| value.get(key)).collect(),
        };
    }
    found
}

fn elements(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    }
}

fn kept_name(kind: &str, old: &Value, new: &Value) -> Option<String> {
    let name = name_property(kind)?;
    let (a, b) = (values(old, name), values(new, name));
    (!b.is_empty() && a == b).then(|| name.to_owned())
}

/// Resources that are both deployed and wanted, by logical id.
pub(super) type Pairs<'a> = BTreeMap<&'a str, (&'a Value, &'a Value)>;

/// What is replaced since it refers to what changes. `known` are replacements by logical id;
/// `changed` are parameters with another value.
pub(super) fn followers(
    pairs: &Pairs<'_>,
    known: &BTreeMap<String, Replacement>,
    changed: &BTreeSet<String>,
) -> BTreeMap<String, Replacement> {
    let mut sources: BTreeMap<String, Certainty> =
        known.iter().map(|(id, one)| (id.clone(), one.certainty)).collect();
    sources.extend(changed.iter().map(|name| (name.clone(), Certainty::Certain)));
    let mut found = BTreeMap::new();
    loop {
        let open = pairs.iter().filter(|(id, _)| !sources.contains_key(**id));
        let next: Vec<_> = open
            .filter_map(|(id, pair)| Some(((*id).to_owned(), follower(*pair, &sources)?)))
            .collect();
        if next.is_empty() {
            return found;
        }
        sources.extend(next.iter().map(|(id, one)| (id.clone(), one.certainty)));
        found.extend(next);
    }
}

fn follower(
    (old, new): (&Value, &Value),
    sources: &BTreeMap<String, Certainty>,
) -> Option<Replacement> {
    let kind = new.get("Type").and_then(Value::as_str).unwrap_or_default();
    let sure = create_only(kind).into_iter().filter(|one| one.certain == Certainty::Certain);
    sure.flat_map(|one| values(new, one.path).into_iter().map(move |value| (one.path, value)))
        .find_map(|(path, value)| {
            let mut referred = references(value).into_iter();
            let (source, certainty) =
                referred.find_map(|id| Some((id.clone(), *sources.get(&id)?)))?;
            Some(Replacement {
                property: path.to_owned(),
                certainty,
                follows: Some(source),
                keeps_name: kept_name(kind, old, new),
            })
        })
}
