//! The JSON Schemas of both TOML files, made from their types.
//!
//! Draft-07 without references: every editor that reads `#:schema` lines knows it, and completes
//! what stands there in full. The files under `schemas/` are these, word for word.

use crate::manifest::{Manifest, PluginManifest};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

/// The JSON Schema of `scheduler.toml`.
#[must_use]
pub fn manifest() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| of::<Manifest>("urn:scheduler:schema:scheduler.toml"))
}

/// The JSON Schema of `plugin.toml`.
#[must_use]
pub fn plugin_manifest() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| of::<PluginManifest>("urn:scheduler:schema:plugin.toml"))
}

/// A schema as a file holds it.
#[must_use]
pub fn text(schema: &Value) -> String {
    format!("{schema:#}\n")
}

fn of<T: JsonSchema>(id: &str) -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    tidy(&mut schema);
    schema["$id"] = json!(id);
    schema
}

/// Takes out what only Rust knows of, and puts what editors do not show into the description.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            without_null(fields);
            // Of a Rust integer, such as `uint32`.
            fields.remove("format");
            describe(fields);
            fields.values_mut().for_each(tidy);
        }
        Value::Array(inner) => inner.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// TOML has no null: what is optional is left out.
fn without_null(schema: &mut Map<String, Value>) {
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".into(), only);
        }
    }
    let Some(Value::Array(mut branches)) = schema.remove("anyOf") else { return };
    branches.retain(|branch| branch["type"] != "null");
    match branches.as_mut_slice() {
        [Value::Object(only)] => {
            for (key, value) in std::mem::take(only) {
                // What the key says goes before what its type says.
                schema.entry(key).or_insert(value);
            }
        }
        _ => {
            schema.insert("anyOf".into(), Value::Array(branches));
        }
    }
}

/// Unit, limits and default, behind what the description says.
fn describe(schema: &mut Map<String, Value>) {
    let facts = [limits(schema), default(schema), missing(schema)];
    let Some(Value::String(description)) = schema.get_mut("description") else { return };
    *description = description.replace('\n', " ");
    for fact in facts.into_iter().flatten() {
        description.push(' ');
        description.push_str(&fact);
    }
}

fn limits(schema: &Map<String, Value>) -> Option<String> {
    let (low, high) = (schema.get("minimum")?, schema.get("maximum")?);
    let unit = schema.get("x-unit").and_then(Value::as_str).unwrap_or_default();
    Some(format!("{low} to {high} {unit}").trim_end().to_owned() + ".")
}

fn default(schema: &Map<String, Value>) -> Option<String> {
    let default = schema.get("default")?;
    // Of a table or a list of tables it would say nothing.
    let empty = matches!(default, Value::Object(_)) || *default == json!([]);
    (!empty).then(|| format!("Default: `{default}`."))
}

/// What is never valid is a key whose feature is to come.
fn missing(schema: &Map<String, Value>) -> Option<String> {
    let never = schema.get("not").is_some_and(|not| *not == json!({}));
    never.then(|| "Not supported by this version yet.".to_owned())
}
