//! The JSON Schemas of both TOML files, made from their types.
//!
//! Draft-07 without references: every editor that reads `#:schema` lines knows it, and completes
//! what stands there in full. The files under `schemas/` are these, word for word.

use crate::manifest::{Manifest, PluginManifest};
use crate::toml_text::inline;
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

/// Where a project keeps the schema of `scheduler.toml`, as `init` writes it.
pub const FILE: &str = "schemas/scheduler.schema.json";
/// Where it keeps the schema of `plugin.toml`.
pub const PLUGIN_FILE: &str = "schemas/plugin.schema.json";

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

/// Takes out what only Rust knows of, and puts what editors do not show into the descriptions.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            without_null(fields);
            // Of a Rust integer, such as `uint32`.
            fields.remove("format");
            describe(fields);
            // An example is no schema, whatever its fields are called.
            let inner = fields.iter_mut().filter(|(key, _)| *key != "examples");
            inner.for_each(|(_, value)| tidy(value));
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

/// Puts what editors do not show behind what they do.
fn describe(schema: &mut Map<String, Value>) {
    let facts = facts(schema);
    let Some(Value::String(description)) = schema.get_mut("description") else { return };
    *description = description.replace('\n', " ") + &facts;
}

/// Limits, default and names of a key, in sentences: how its description ends.
#[must_use]
pub fn facts(schema: &Map<String, Value>) -> String {
    let names = schema.get("propertyNames").and_then(|names| names.get("x-limits"));
    let names = names.and_then(Value::as_str).map(|names| format!("names: {names}"));
    let never = schema.get("not").is_some_and(|not| *not == json!({}));
    let never = never.then(|| "not supported by this version yet".to_owned());
    let default = default(schema).map(|default| format!("default: {default}"));
    [limits(schema), names, default, never].into_iter().flatten().map(sentence).collect()
}

fn sentence(fact: String) -> String {
    let mut letters = fact.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    format!(" {}{}.", first.map(String::from).unwrap_or_default(), letters.as_str())
}

/// What a key's value may be, beyond its type.
#[must_use]
pub fn limits(schema: &Map<String, Value>) -> Option<String> {
    if let Some(told) = schema.get("x-limits").and_then(Value::as_str) {
        return Some(told.to_owned());
    }
    if let (Some(low), Some(high)) = (schema.get("minimum"), schema.get("maximum")) {
        let unit = schema.get("x-unit").and_then(Value::as_str).unwrap_or_default();
        return Some(format!("{low} to {high} {unit}").trim_end().to_owned());
    }
    match (schema.get("minItems"), schema.get("maxItems")) {
        (Some(low), Some(high)) => Some(format!("{low} to {high} entries")),
        (Some(low), None) => Some(format!("at least {low}")),
        (None, Some(high)) => Some(format!("at most {high}")),
        (None, None) => None,
    }
}

/// What counts where the key is not written, as Markdown: a value, or what it depends on.
#[must_use]
pub fn default(schema: &Map<String, Value>) -> Option<String> {
    if let Some(told) = schema.get("x-default").and_then(Value::as_str) {
        return Some(told.to_owned());
    }
    // An empty table or list is what is not written.
    let empty = |value: &&Value| matches!(value, Value::Object(_)) || **value == json!([]);
    let value = schema.get("default").filter(|value| !empty(value))?;
    Some(format!("`{}`", inline(value)))
}
