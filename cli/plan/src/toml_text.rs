//! A value as people write it in TOML, on one line.

use serde_json::Value;

/// `{ name = "x", list = [1] }`. Null, which TOML has not, comes out as JSON has it.
#[must_use]
pub fn inline(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        Value::Object(fields) if fields.is_empty() => "{}".into(),
        Value::Object(fields) => {
            let pairs =
                fields.iter().map(|(key, value)| format!("{} = {}", name(key), inline(value)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
        // A JSON string is a TOML string.
        other => other.to_string(),
    }
}

fn name(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if key.chars().all(bare) { key.into() } else { format!("{key:?}") }
}
