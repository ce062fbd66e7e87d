//! Holds a TOML file against the JSON Schema of its type and tells every difference at once.
//!
//! In: a [`Document`] and a schema made from the types of `manifest`. Out: the usable part of the
//! file as JSON, and the problems. What is wrong is left out of the JSON, so that the checks that
//! follow still see the rest. Deliberately absent: general JSON Schema; only what `schemars`
//! writes for those types is understood.

use crate::code::Code;
use crate::document::{Document, Entry, Node, NodeValue};
use crate::nearest::{alternatives, did_you_mean, list};
use crate::problem::Problem;
use crate::sentence;
use crate::toml_text::inline;
use serde_json::{Map, Value};

/// The usable part of a file and what is wrong with the rest.
#[must_use]
pub fn shape(document: &Document, schema: &Value) -> (Value, Vec<Problem>) {
    let mut walk = Walk { document, root: schema, problems: Vec::new() };
    let usable = walk.node(schema, &document.root, "");
    (usable.unwrap_or_else(|| Value::Object(Map::new())), walk.problems)
}

struct Walk<'a> {
    document: &'a Document,
    root: &'a Value,
    problems: Vec<Problem>,
}

impl<'a> Walk<'a> {
    fn report(&mut self, code: Code, at: usize, (what, hint): (String, Option<String>)) {
        let problem = Problem::error(code, self.document.at(at), what);
        self.problems.push(match hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        });
    }

    /// `None` where nothing of the node is usable.
    fn node(&mut self, schema: &'a Value, node: &Node, name: &str) -> Option<Value> {
        let schema = resolved(self.root, schema);
        if let Some(branches) = schema["anyOf"].as_array() {
            return self.any_of(branches, node, name);
        }
        if !type_fits(schema, node) {
            self.wrong_type((&describe(schema), such_as(schema, name)), node, name);
            return None;
        }
        match &node.value {
            NodeValue::Table(entries) => Some(self.table(schema, node, entries, name)),
            NodeValue::List(items) => self.list(schema, node, items, name),
            NodeValue::Scalar(value) => self.scalar(schema, node, value, name),
        }
    }

    fn wrong_type(&mut self, (wanted, hint): (&str, Option<String>), node: &Node, name: &str) {
        let found = kind(node);
        let what = format!("{} wants {wanted}, and this is {found}", quoted(name));
        self.report(Code::WrongType, node.at, (what, hint));
    }

    fn table(&mut self, schema: &'a Value, node: &Node, entries: &[Entry], name: &str) -> Value {
        let mut usable = Map::new();
        for entry in entries {
            let inner = format!("{name}{}{}", if name.is_empty() { "" } else { "." }, entry.key);
            let Some(entry_schema) = property(schema, &entry.key) else {
                self.unknown_key(schema, entry, name);
                continue;
            };
            if let Some(value) = self.node(entry_schema, &entry.node, &inner) {
                usable.insert(entry.key.clone(), value);
            }
        }
        self.missing_keys(schema, node, entries, name);
        Value::Object(usable)
    }

    fn unknown_key(&mut self, schema: &Value, entry: &Entry, name: &str) {
        let known: Vec<&str> = schema["properties"]
            .as_object()
            .map(|properties| properties.keys().map(String::as_str).collect())
            .unwrap_or_default();
        let place = if name.is_empty() { String::new() } else { format!(" in `{name}`") };
        let hint = did_you_mean(&entry.key, &known).unwrap_or_else(|| match known.as_slice() {
            [] => "this table has no keys".into(),
            _ => format!("it can be {}", list(&known)),
        });
        let what = format!("unknown key `{}`{place}", entry.key);
        self.report(Code::UnknownKey, entry.at, (what, Some(hint)));
    }

    fn missing_keys(&mut self, schema: &'a Value, node: &Node, entries: &[Entry], name: &str) {
        // Past a syntax error nobody knows what is missing.
        if !self.document.whole {
            return;
        }
        let required = schema["required"].as_array().into_iter().flatten();
        for key in required.filter_map(Value::as_str) {
            if entries.iter().any(|entry| entry.key == key) {
                continue;
            }
            let place = if name.is_empty() { "the file".into() } else { quoted(name) };
            let inner = property(schema, key).map(|inner| resolved(self.root, inner));
            let about = inner.map(|inner| addition(key, inner));
            let what = format!("{place} lacks the key `{key}`");
            self.report(Code::MissingKey, node.at, (what, about));
        }
    }

    fn list(
        &mut self,
        schema: &'a Value,
        node: &Node,
        items: &[Node],
        name: &str,
    ) -> Option<Value> {
        let least = schema["minItems"].as_u64().unwrap_or(0);
        let most = schema["maxItems"].as_u64().unwrap_or(u64::MAX);
        let count = items.len() as u64;
        if count < least || count > most {
            let what = match count < least {
                true => format!("{} has {count} entries and needs at least {least}", quoted(name)),
                false => format!("{} has {count} entries; at most {most} fit", quoted(name)),
            };
            self.report(Code::WrongCount, node.at, (what, None));
            return None;
        }
        let usable = items
            .iter()
            .enumerate()
            .filter_map(|(nth, item)| self.node(&schema["items"], item, &format!("{name}.{nth}")));
        Some(Value::Array(usable.collect()))
    }

    fn scalar(&mut self, schema: &Value, node: &Node, value: &Value, name: &str) -> Option<Value> {
        if let Some(choices) = choices(schema)
            && !choices.iter().any(|choice| Some(choice.as_str()) == value.as_str())
        {
            let found = value.as_str().unwrap_or_default();
            let known: Vec<&str> = choices.iter().map(String::as_str).collect();
            let what = format!("{} cannot be `{found}`; it can be {}", quoted(name), list(&known));
            self.report(Code::UnknownValue, node.at, (what, did_you_mean(found, &known)));
            return None;
        }
        if let (Value::Number(number), Some(low), Some(high)) =
            (value, schema["minimum"].as_i64(), schema["maximum"].as_i64())
            && !number.as_i64().is_some_and(|number| (low..=high).contains(&number))
        {
            let what = format!("{} is {number}; allowed are {low} to {high}", quoted(name));
            self.report(Code::OutOfRange, node.at, (what, None));
            return None;
        }
        Some(value.clone())
    }

    fn any_of(&mut self, branches: &'a [Value], node: &Node, name: &str) -> Option<Value> {
        let before = self.problems.len();
        for branch in branches {
            let usable = self.node(branch, node, name);
            if self.problems.split_off(before).is_empty() {
                return usable;
            }
        }
        let branches: Vec<_> = branches.iter().map(|one| resolved(self.root, one)).collect();
        let wanted: Vec<_> = branches.iter().map(|branch| describe(branch)).collect();
        let wanted = alternatives(&wanted);
        match node.entries() {
            [] => self.wrong_type((&wanted, None), node, name),
            [entry, ..] => {
                let keys = branches.iter().filter_map(|branch| branch["properties"].as_object());
                let keys: Vec<_> = keys.flat_map(|keys| keys.keys().map(String::as_str)).collect();
                let what = format!("{} wants {wanted}, and this has `{}`", quoted(name), entry.key);
                self.report(Code::WrongType, entry.at, (what, did_you_mean(&entry.key, &keys)));
            }
        }
        None
    }
}

fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let pointer = schema["$ref"].as_str().and_then(|path| path.strip_prefix('#'));
    pointer.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

/// The strings that an enumeration allows: `oneOf` of `const`. A plain `enum` lists names of AWS,
/// for editors; `resolve` has better words for those.
fn choices(schema: &Value) -> Option<Vec<String>> {
    let consts = schema["oneOf"].as_array()?;
    let text = |branch: &Value| branch["const"].as_str().map(str::to_owned);
    Some(consts.iter().filter_map(text).collect())
}

fn property<'a>(schema: &'a Value, key: &str) -> Option<&'a Value> {
    static ANYTHING: Value = Value::Bool(true);
    match (schema["properties"].get(key), &schema["additionalProperties"]) {
        (Some(inner), _) => Some(inner),
        (None, Value::Bool(false)) => None,
        (None, Value::Null) => Some(&ANYTHING),
        (None, inner) => Some(inner),
    }
}

fn type_fits(schema: &Value, node: &Node) -> bool {
    let wanted = match choices(schema) {
        Some(_) => Some("string"),
        None => schema["type"].as_str(),
    };
    match (wanted, &node.value) {
        (None, _)
        | (Some("object"), NodeValue::Table(_))
        | (Some("array"), NodeValue::List(_))
        | (Some("string"), NodeValue::Scalar(Value::String(_)))
        | (Some("boolean"), NodeValue::Scalar(Value::Bool(_))) => true,
        (Some("integer"), NodeValue::Scalar(Value::Number(number))) => is_integer(number),
        _ => false,
    }
}

fn describe(schema: &Value) -> String {
    match schema["type"].as_str() {
        Some("object") => match schema["properties"].as_object() {
            Some(keys) if keys.len() == 1 => {
                format!("a table with `{}`", keys.keys().map(String::as_str).collect::<String>())
            }
            _ => "a table".into(),
        },
        Some("array") => "an array".into(),
        Some("integer") => match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
            (Some(low), Some(high)) => format!("an integer from {low} to {high}"),
            _ => "an integer".into(),
        },
        Some("boolean") => "true or false".into(),
        _ => match choices(schema) {
            Some(choices) => list(&choices.iter().map(String::as_str).collect::<Vec<_>>()),
            None => "a string".into(),
        },
    }
}

fn kind(node: &Node) -> &'static str {
    match &node.value {
        NodeValue::Table(_) => "a table",
        NodeValue::List(_) => "an array",
        NodeValue::Scalar(Value::Bool(_)) => "a boolean",
        NodeValue::Scalar(Value::Number(number)) if is_integer(number) => "an integer",
        NodeValue::Scalar(Value::Number(_)) => "a float",
        NodeValue::Scalar(_) => "a string",
    }
}

/// Also one that no machine integer holds.
fn is_integer(number: &serde_json::Number) -> bool {
    let text = number.to_string();
    let digits = text.strip_prefix('-').unwrap_or(&text);
    digits.starts_with("0x") || digits.bytes().all(|digit| digit.is_ascii_digit())
}

fn quoted(name: &str) -> String {
    if name.is_empty() { "the file".into() } else { format!("`{name}`") }
}

/// A value that would do, where the schema has one.
fn such_as(schema: &Value, name: &str) -> Option<String> {
    let key = name.rsplit('.').next().filter(|key| key.parse::<usize>().is_err())?;
    let example = schema["examples"].get(0).filter(|example| !example.is_null())?;
    Some(format!("write `{key} = {}` or the like", inline(example)))
}

/// How to add a missing key: what to write, and what it says.
fn addition(key: &str, schema: &Value) -> String {
    let about = schema["description"].as_str().map(sentence::first).unwrap_or_default();
    let about = if about.is_empty() { about } else { format!(": {about}") };
    match (schema["type"].as_str(), schema["examples"].get(0)) {
        (_, Some(example)) => format!("add `{key} = {}` or the like{about}", inline(example)),
        (Some("object"), None) => format!("add a table `{key}`{about}"),
        _ => format!("add `{key} = ...`{about}"),
    }
}
