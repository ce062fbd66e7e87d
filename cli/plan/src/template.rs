//! CloudFormation templates as values: canonical text and digest.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
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
        Self::from_text(canonical(value))
    }

    /// The template of a text that is canonical already.
    pub(crate) fn from_text(text: String) -> Self {
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
    // Text with text as keys, written to memory: nothing in it can fail.
    let mut text = serde_json::to_string_pretty(&Sorted(value)).unwrap_or_default();
    text.push('\n');
    text
}

/// The digest of everything: the root names every zip and every nested template by its own.
#[must_use]
pub fn with_digest(root: Map<String, Value>) -> (Template, String) {
    let mut root = Value::Object(root);
    let digest = hex_sha256(canonical(&root).as_bytes());
    let output = json!({ "Description": "Of everything deployed", "Value": digest });
    if let Some(Value::Object(outputs)) = root.get_mut("Outputs") {
        outputs.insert("Digest".to_owned(), output);
    }
    (Template::of(&root), digest)
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

/// A value that writes its keys in order: serde_json's own order depends on a feature that any
/// crate of the build may switch on.
struct Sorted<'a>(&'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                if !entries.is_sorted_by_key(|(key, _)| *key) {
                    entries.sort_by_key(|(key, _)| *key);
                }
                serializer.collect_map(entries.into_iter().map(|(key, one)| (key, Sorted(one))))
            }
            Value::Array(list) => serializer.collect_seq(list.iter().map(Sorted)),
            scalar => scalar.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_and_numbers_keep_their_digits() {
        let digits = serde_json::from_str("12345678901234567890.10").unwrap_or(Value::Null);
        let value = json!({ "b": [1, [], {}], "a": { "é\"\n": null, "A": digits } });
        let text = "{\n  \"a\": {\n    \"A\": 12345678901234567890.10,\n    \"é\\\"\\n\": null\n  },\n  \
                    \"b\": [\n    1,\n    [],\n    {}\n  ]\n}\n";
        assert_eq!(canonical(&value), text);
    }
}
