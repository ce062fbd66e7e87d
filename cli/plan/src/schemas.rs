//! The JSON Schemas of both TOML files, made from their types.

use crate::manifest::{Manifest, PluginManifest};
use schemars::{JsonSchema, schema_for};
use serde_json::Value;
use std::sync::OnceLock;

/// The JSON Schema of `scheduler.toml`.
#[must_use]
pub fn manifest() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(of::<Manifest>)
}

/// The JSON Schema of `plugin.toml`.
#[must_use]
pub fn plugin_manifest() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(of::<PluginManifest>)
}

fn of<T: JsonSchema>() -> Value {
    let mut schema = schema_for!(T).to_value();
    without_null(&mut schema);
    schema
}

// TOML has no null: what is optional is left out.
fn without_null(schema: &mut Value) {
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            schema["type"] = only.clone();
        }
    }
    if let Some(branches) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        branches.retain(|branch| branch["type"] != "null");
        if let [Value::Object(only)] = branches.as_slice() {
            let only = only.clone();
            if let Some(object) = schema.as_object_mut() {
                object.remove("anyOf");
                object.extend(only);
            }
        }
    }
    match schema {
        Value::Object(inner) => inner.values_mut().for_each(without_null),
        Value::Array(inner) => inner.iter_mut().for_each(without_null),
        _ => {}
    }
}
