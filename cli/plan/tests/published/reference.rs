//! The reference of a file: each key with type, unit, default, limits and an example, from its
//! schema.

use boon::{Compiler, Schemas};
use scheduler_plan::schemas::{default, facts, limits};
use scheduler_plan::toml_text::inline;
use serde_json::{Map, Value};
use std::fmt::Write;

type Schema = Map<String, Value>;

/// A key of a table, with the path that leads to it.
struct Key<'a> {
    path: String,
    name: &'a str,
    schema: &'a Schema,
    required: bool,
}

pub(crate) fn page(file: &str, schema: &Value) -> String {
    let schema = schema.as_object().unwrap();
    let mut keys = Vec::new();
    collect("", schema, &mut keys);
    let mut text = format!("# `{file}`\n\n{}\n\n", description(schema));
    writeln!(
        text,
        "Every key, as `schemas/` has them for editors: put `#:schema` and the path of the file's\n\
         schema into the first line. This page is made from the types; `<...>` stands for a name \
         of\nyours. The problems and their repairs are in [problems.md](../problems.md).\n"
    )
    .unwrap();
    for key in &keys {
        let level = key.path.split('.').filter(|part| !part.starts_with('<')).count();
        let level = "  ".repeat(level - 1);
        writeln!(text, "{level}- [`{}`](#{})", key.path, anchor(&key.path)).unwrap();
    }
    for key in &keys {
        text.push_str(&entry(key));
    }
    text
}

/// Every key in the order of reading: a table's plain keys, then its tables.
fn collect<'a>(path: &str, schema: &'a Schema, keys: &mut Vec<Key<'a>>) {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |key: &str| required.is_some_and(|keys| keys.iter().any(|one| one == key));
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut own: Vec<_> = properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| Key {
            path: if path.is_empty() { name.clone() } else { format!("{path}.{name}") },
            name,
            schema: schema.as_object().unwrap(),
            required: is_required(name),
        })
        .collect();
    own.sort_by_key(|key| (below(key).is_some(), !key.required));
    for key in own {
        let below = below(&key);
        keys.push(key);
        if let Some((path, inner)) = below {
            collect(&path, inner, keys);
        }
    }
}

/// The table that a key holds, or each of its tables.
fn below<'a>(key: &Key<'a>) -> Option<(String, &'a Schema)> {
    let table = |schema: &'a Value| {
        let schema = schema.as_object()?;
        schema.get("properties").is_some_and(Value::is_object).then_some(schema)
    };
    if key.schema.get("properties").is_some() {
        return Some((key.path.clone(), key.schema));
    }
    if let Some(item) = key.schema.get("items").and_then(table) {
        return Some((format!("{}[]", key.path), item));
    }
    let named = key.schema.get("additionalProperties").and_then(table)?;
    Some((format!("{}.<{}>", key.path, label(key.schema)), named))
}

/// What a table's names are called.
fn label(schema: &Schema) -> &str {
    schema.get("x-tombi-additional-key-label").and_then(Value::as_str).unwrap()
}

fn entry(key: &Key<'_>) -> String {
    let mut text = format!("\n## `{}`\n\n{}\n", key.path, description(key.schema));
    let unit = key.schema.get("x-unit").and_then(Value::as_str).unwrap_or("-");
    let default = match (key.required, default(key.schema)) {
        (true, _) => "required".into(),
        (false, Some(told)) => told,
        (false, None) => "-".into(),
    };
    let limits = match never(key.schema) {
        true => Some("not supported by this version yet".into()),
        false => limits(key.schema).or_else(|| names(key.schema)),
    };
    assert!(limits.is_some() || !is_bounded(key.schema), "`{}` does not tell its limits", key.path);
    let limits = limits.unwrap_or_else(|| "-".into());
    let kind = kind(key.schema);
    let row = format!("| {kind} | {unit} | {default} | {limits} |");
    // Of a table there is often nothing to say but that it is one.
    if row != "| table | - | - | - |" {
        let head = "| type | unit | default | limits |\n|---|---|---|---|";
        write!(text, "\n{head}\n{row}\n").unwrap();
    }
    text.push_str(&words(key.schema));
    text.push_str(&alternatives(key.schema));
    for example in examples(key) {
        write!(text, "\n```toml\n{example}\n```\n").unwrap();
    }
    text
}

/// Whether a value of the right type may still be refused.
fn is_bounded(schema: &Schema) -> bool {
    let bounds =
        ["minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength", "pattern"];
    let inner = schema.get("items").and_then(Value::as_object);
    let words = ["enum", "oneOf"].iter().any(|key| schema.contains_key(*key));
    bounds.iter().any(|bound| schema.contains_key(*bound))
        || inner.is_some_and(|inner| !words && is_bounded(inner))
}

fn names(schema: &Schema) -> Option<String> {
    let limits = schema.get("propertyNames")?.get("x-limits")?.as_str()?;
    Some(format!("names: {limits}"))
}

/// Without what the row says.
fn description(schema: &Schema) -> String {
    let text = schema["description"].as_str().unwrap();
    text.strip_suffix(&facts(schema)).unwrap_or(text).to_owned()
}

fn kind(schema: &Schema) -> String {
    if let Some(branches) = branches(schema) {
        let kinds: Vec<_> = branches.map(kind).collect();
        return kinds.join(" or ");
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => match kind(schema["items"].as_object().unwrap()).as_str() {
            "table" => "array of tables".into(),
            "string" => "array of strings".into(),
            _ => "array".into(),
        },
        Some("object") => reference_example(schema).unwrap_or_else(|| "table".into()),
        Some(name) => name.into(),
        None => "string".into(),
    }
}

/// A table that is told from others by its only key, such as `{ ref = "Pages" }`.
fn reference_example(schema: &Schema) -> Option<String> {
    let keys = schema.get("properties")?.as_object()?;
    let (key, inner) = keys.iter().next().filter(|_| keys.len() == 1)?;
    let known = ["ref", "att", "sub", "ssm"].contains(&key.as_str());
    known.then(|| format!("`{{ {key} = {} }}`", inline(&inner["examples"][0])))
}

fn branches(schema: &Schema) -> Option<impl Iterator<Item = &Schema>> {
    let branches = schema.get("anyOf")?.as_array()?;
    Some(branches.iter().filter_map(Value::as_object))
}

/// The words that a key takes.
fn words(schema: &Schema) -> String {
    if let Some(words) = schema.get("oneOf").and_then(Value::as_array) {
        let lines = words.iter().map(|word| {
            format!("\n- `{}`: {}", inline(&word["const"]), word["description"].as_str().unwrap())
        });
        return lines.collect::<String>() + "\n";
    }
    match schema.get("enum").and_then(Value::as_array) {
        Some(words) => {
            let words: Vec<_> = words.iter().map(|word| format!("`{}`", inline(word))).collect();
            format!("\nOne of {}.\n", words.join(", "))
        }
        None => String::new(),
    }
}

/// What a value of several kinds means, each.
fn alternatives(schema: &Schema) -> String {
    let inner = ["items", "additionalProperties"].iter().filter_map(|key| schema.get(*key));
    let inner = inner.filter_map(Value::as_object).find(|inner| inner.contains_key("anyOf"));
    let Some(branches) = branches(inner.unwrap_or(schema)) else { return String::new() };
    let lines = branches.map(|branch| format!("\n- {}: {}", kind(branch), description(branch)));
    let what = if inner.is_some() { "Each value is one of:\n" } else { "One of:\n" };
    format!("\n{what}{}\n", lines.collect::<String>())
}

/// The key as people write it. A table's keys have examples of their own.
fn examples(key: &Key<'_>) -> Vec<String> {
    let examples = key.schema.get("examples").and_then(Value::as_array);
    let Some(examples) = examples else {
        assert!(below(key).is_some() || empty_table(key.schema), "`{}` lacks an example", key.path);
        return table_example(key);
    };
    for example in examples {
        assert!(
            never(key.schema) || fits(key.schema, example),
            "`{}` cannot be {example}",
            key.path
        );
    }
    examples.iter().map(|example| format!("{} = {}", key.name, inline(example))).collect()
}

/// A key whose feature is to come.
fn never(schema: &Schema) -> bool {
    schema.get("not").is_some_and(|not| *not == Value::Object(Map::new()))
}

fn empty_table(schema: &Schema) -> bool {
    schema.get("type").is_some_and(|kind| kind == "object") && !schema.contains_key("properties")
}

fn table_example(key: &Key<'_>) -> Vec<String> {
    match below(key) {
        Some((path, _)) if path.ends_with("[]") => vec![format!("[[{}]]", key.path)],
        Some((path, _)) => vec![format!("[{path}]")],
        None => vec![format!("{} = {{}}", key.name)],
    }
}

fn fits(schema: &Schema, value: &Value) -> bool {
    let mut compiler = Compiler::new();
    compiler.set_default_draft(boon::Draft::V7);
    compiler.add_resource("schema:///key", Value::Object(schema.clone())).unwrap();
    let mut schemas = Schemas::new();
    let index = compiler.compile("schema:///key", &mut schemas).unwrap();
    schemas.validate(value, index).is_ok()
}

/// As GitHub makes it from a heading.
fn anchor(path: &str) -> String {
    path.to_lowercase().replace(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'), "")
}
