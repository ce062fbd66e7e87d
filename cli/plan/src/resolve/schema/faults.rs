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
            walk(schema, &mut Vec::new(), &mut |path, place| {
                found.extend(fault_at(schema, path, place));
            });
            if found.is_empty() {
                let why = error.to_string().replace(ADDRESS, "");
                found.push(Fault { why, path: Vec::new() });
            }
            found
        }
    }
}

/// What holds schemas by names of the user's own, of which one may be `default`.
const NAMED: &[&str] = &["$defs", "dependentSchemas", "patternProperties", "properties"];

/// Defaults of a usable schema that do not fit beside it: each job that leaves the field out would be
/// refused. Of those that hold others only the parts are judged, for theirs are put in first.
pub(super) fn misfits(schema: &Value) -> Vec<Fault> {
    let mut defaults = Vec::new();
    walk(schema, &mut Vec::new(), &mut |path, value| {
        let Some((name, above)) = path.split_last() else { return };
        let is_named = above.last().is_some_and(|above| NAMED.contains(&above.as_str()));
        if name == "default" && !is_named && !value.is_object() && !value.is_array() {
            defaults.push((path.to_vec(), value.clone()));
        }
    });
    if defaults.is_empty() {
        return Vec::new();
    }
    let mut compiler = compiler();
    if compiler.add_resource(ADDRESS, schema.clone()).is_err() {
        return Vec::new();
    }
    let misfit = |(path, value): (Vec<String>, Value)| {
        let above = path.iter().take(path.len() - 1);
        let pointer: String = above.map(|name| format!("/{}", escaped(name))).collect();
        let mut schemas = Schemas::new();
        let schema = compiler.compile(&format!("{ADDRESS}#{pointer}"), &mut schemas).ok()?;
        schemas.validate(&value, schema).err()?;
        let why =
            format!("the default `{value}` does not fit: each job without it would be refused");
        Some(Fault { why, path })
    };
    defaults.into_iter().filter_map(misfit).collect()
}

fn compiler() -> Compiler {
    let mut compiler = Compiler::new();
    compiler.use_loader(Box::new(SchemeUrlLoader::new()));
    compiler.enable_format_assertions();
    compiler
}

fn failure(schema: &Value) -> Option<CompileError> {
    let mut compiler = compiler();
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

/// Every key and entry of a schema with the path to it, but nothing of values that are no schemas.
fn walk(schema: &Value, path: &mut Vec<String>, visit: &mut impl FnMut(&[String], &Value)) {
    let mut step = |name: String, inner: &Value| {
        path.push(name);
        visit(path, inner);
        if !path.last().is_some_and(|name| VALUES.contains(&name.as_str())) {
            walk(inner, path, visit);
        }
        path.pop();
    };
    match schema {
        Value::Object(fields) => fields.iter().for_each(|(key, inner)| step(key.clone(), inner)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(nth, inner)| step(nth.to_string(), inner));
        }
        _ => {}
    }
}

/// What is wrong at a place though the schema as such is well formed: a reference that leads
/// nowhere or out of it, and a pattern that no engine takes.
fn fault_at(root: &Value, path: &[String], place: &Value) -> Option<Fault> {
    let (name, above) = path.split_last()?;
    let text = place.as_str();
    let why = match (name.as_str(), above.last().map(String::as_str)) {
        (_, Some("patternProperties")) => too_large(name),
        ("$ref", _) => astray(root, text?),
        ("pattern", _) => too_large(text?),
        _ => None,
    };
    why.map(|why| Fault { why, path: path.to_vec() })
}

/// Repetitions are written out when a pattern is compiled, and those within others multiply.
fn too_large(pattern: &str) -> Option<String> {
    let alone = serde_json::json!({ "pattern": pattern });
    let why = "the pattern is too large once its repetitions are written out; shorten them";
    failure(&alone).map(|_| why.to_owned())
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

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}
