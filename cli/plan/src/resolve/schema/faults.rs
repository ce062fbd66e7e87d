//! Everything that makes a schema unusable, found without ever looking outside of it.

use boon::{CompileError, Compiler, Schemas, SchemeUrlLoader, ValidationError};
use serde_json::Value;

/// What makes a schema unusable, and the path of keys to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) why: String,
    pub(super) path: Vec<String>,
}

/// The address of the schema while it is looked at: no file, and no place on the network.
const ADDRESS: &str = "schema:///job";

/// What holds values of any kind, not schemas.
const VALUES: &[&str] = &["const", "default", "enum", "examples"];

/// Why a schema cannot be used; nothing where it can.
pub(super) fn faults(schema: &Value) -> Vec<Fault> {
    let mut found = Vec::new();
    match failure(schema) {
        None => found,
        Some(CompileError::ValidationError { src, .. }) => {
            innermost(&src, &mut found);
            deepest(&found)
        }
        Some(error) => {
            references(schema, schema, &mut Vec::new(), &mut found);
            if found.is_empty() {
                let why = error.to_string().replace(ADDRESS, "");
                found.push(Fault { why, path: Vec::new() });
            }
            found
        }
    }
}

fn failure(schema: &Value) -> Option<CompileError> {
    let mut compiler = Compiler::new();
    compiler.use_loader(Box::new(SchemeUrlLoader::new()));
    compiler.enable_format_assertions();
    match compiler.add_resource(ADDRESS, schema.clone()) {
        Ok(()) => compiler.compile(ADDRESS, &mut Schemas::new()).err(),
        Err(error) => Some(error),
    }
}

/// The deepest causes say what is wrong; what stands above them says only that something is.
fn innermost(error: &ValidationError<'_, '_>, found: &mut Vec<Fault>) {
    error.causes.iter().for_each(|cause| innermost(cause, found));
    if !error.causes.is_empty() {
        return;
    }
    let pointer = error.instance_location.to_string();
    let kind = error.kind.to_string();
    // A bad pattern is drawn over several lines; the last one says what is wrong.
    let kind = kind.lines().next_back().unwrap_or_default();
    let path = pointer.split('/').skip(1).map(unescaped).collect();
    found.push(Fault { why: format!("{kind} at `{pointer}`"), path });
}

/// One a place, and none above another: where a keyword takes several kinds of values, each kind
/// complains, and the one that got furthest knows best.
fn deepest(found: &[Fault]) -> Vec<Fault> {
    let above = |one: &Fault| {
        found
            .iter()
            .any(|other| other.path.len() > one.path.len() && other.path.starts_with(&one.path))
    };
    let mut told: Vec<Fault> = Vec::new();
    for fault in found.iter().filter(|fault| !above(fault)) {
        if told.iter().all(|other| other.path != fault.path) {
            told.push(fault.clone());
        }
    }
    told
}

/// The references that lead nowhere, or out of the schema.
fn references(root: &Value, schema: &Value, path: &mut Vec<String>, found: &mut Vec<Fault>) {
    let mut walk = |name: String, inner: &Value| {
        path.push(name);
        match (path.last().map(String::as_str), inner.as_str()) {
            (Some("$ref"), Some(target)) => {
                let why = astray(root, target);
                found.extend(why.map(|why| Fault { why, path: path.clone() }));
            }
            (Some(name), _) if VALUES.contains(&name) => {}
            _ => references(root, inner, path, found),
        }
        path.pop();
    };
    match schema {
        Value::Object(fields) => fields.iter().for_each(|(key, inner)| walk(key.clone(), inner)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(nth, inner)| walk(nth.to_string(), inner));
        }
        _ => {}
    }
}

fn astray(root: &Value, target: &str) -> Option<String> {
    let Some(local) = target.strip_prefix('#') else {
        return Some(format!("`{target}` lies outside of the schema; put it under `$defs`"));
    };
    let there = match local.is_empty() || local.starts_with('/') {
        true => root.pointer(local).is_some(),
        false => anchored(root, local),
    };
    (!there).then(|| format!("`{target}` points at nothing"))
}

fn anchored(schema: &Value, name: &str) -> bool {
    match schema {
        Value::Object(fields) => {
            let own = |key: &str| fields.get(key).is_some_and(|anchor| anchor == name);
            own("$anchor")
                || own("$dynamicAnchor")
                || fields.values().any(|one| anchored(one, name))
        }
        Value::Array(items) => items.iter().any(|item| anchored(item, name)),
        _ => false,
    }
}

fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}
