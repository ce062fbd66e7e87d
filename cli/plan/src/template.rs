//! CloudFormation templates as values: canonical text and digest.

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A finished template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Canonical JSON: keys sorted, two spaces, a final newline.
    pub text: String,
    /// Of the text's bytes, lower-case hex; also the object's key in the asset bucket.
    pub sha256: String,
}

impl Template {
    /// The canonical template of a value.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        let text = canonical(value);
        let sha256 = hex_sha256(text.as_bytes());
        Self { text, sha256 }
    }
}

/// Everything that a deploy needs to know of the templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Templates {
    /// The root stack; its output `Digest` is [`Templates::digest`].
    pub root: Template,
    /// A nested stack a plugin that has anything to create, by plugin name.
    pub plugins: BTreeMap<String, Template>,
    /// Logical id in the root stack -> plugin name, for every nested stack.
    pub nested_ids: BTreeMap<String, String>,
    /// Changes exactly when anything deployed would change.
    pub digest: String,
}

/// JSON text with sorted keys, two spaces of indentation and a final newline.
#[must_use]
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_sorted(value, 0, &mut text);
    text.push('\n');
    text
}

/// SHA-256 in lower-case hex.
#[must_use]
pub fn hex_sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        for nibble in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
        hex
    })
}

// serde_json's own order depends on a feature that any crate of the build may switch on.
fn write_sorted(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            let sorted: BTreeMap<_, _> = map.iter().collect();
            let items = sorted.into_iter().map(|(key, value)| (Some(key), value));
            write_items(('{', '}'), items, depth, text);
        }
        Value::Array(list) if !list.is_empty() => {
            write_items(('[', ']'), list.iter().map(|value| (None, value)), depth, text);
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

fn write_items<'a>(
    (open, close): (char, char),
    items: impl Iterator<Item = (Option<&'a String>, &'a Value)>,
    depth: usize,
    text: &mut String,
) {
    text.push(open);
    for (nth, (key, value)) in items.enumerate() {
        text.push_str(if nth == 0 { "\n" } else { ",\n" });
        text.push_str(&"  ".repeat(depth + 1));
        if let Some(key) = key {
            text.push_str(&Value::from(key.as_str()).to_string());
            text.push_str(": ");
        }
        write_sorted(value, depth + 1, text);
    }
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
    text.push(close);
}
