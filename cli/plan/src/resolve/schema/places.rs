//! Where something stands in a JSON text. The text has been parsed before: it is JSON.

/// The byte offset of the key, or of the entry of an array, that a path leads to, or of the
/// nearest above that exists.
pub(super) fn offset(text: &str, path: &[&str]) -> Option<usize> {
    let mut found = None;
    let mut value = after_space(text, 0);
    for name in path {
        let inner = match byte(text, value) {
            b'{' => member(text, value + 1, name),
            b'[' => item(text, value + 1, name),
            _ => None,
        };
        let Some((place, inner)) = inner else { break };
        found = Some(place);
        value = inner;
    }
    found
}

/// Where a key of an object and its value begin.
fn member(text: &str, mut at: usize, name: &str) -> Option<(usize, usize)> {
    loop {
        at = after_space(text, at);
        let end = value_end(text, at);
        let key: String = serde_json::from_str(text.get(at..end)?).ok()?;
        let value = after_space(text, after_space(text, end) + 1);
        if key == name {
            return Some((at, value));
        }
        at = after_comma(text, value)?;
    }
}

/// Where an entry of an array begins, as a place and as a value.
fn item(text: &str, mut at: usize, nth: &str) -> Option<(usize, usize)> {
    for _ in 0..nth.parse().ok()? {
        at = after_comma(text, after_space(text, at))?;
    }
    at = after_space(text, at);
    (byte(text, at) != b']').then_some((at, at))
}

/// Behind the comma that follows a value, where one does.
fn after_comma(text: &str, value: usize) -> Option<usize> {
    let at = after_space(text, value_end(text, value));
    (byte(text, at) == b',').then_some(at + 1)
}

fn value_end(text: &str, mut at: usize) -> usize {
    let mut depth = 0_usize;
    loop {
        at = match byte(text, at) {
            b'"' => string_end(text, at + 1),
            b'{' | b'[' => {
                depth += 1;
                at + 1
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                at + 1
            }
            _ if depth == 0 => return plain_end(text, at),
            _ => at + 1,
        };
        if depth == 0 || at >= text.len() {
            return at;
        }
    }
}

/// Behind a string's last quote; `at` is behind its first.
fn string_end(text: &str, mut at: usize) -> usize {
    while at < text.len() {
        match byte(text, at) {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

/// Behind a number, `true`, `false` or `null`.
fn plain_end(text: &str, at: usize) -> usize {
    let ends = |c: char| matches!(c, ',' | '}' | ']') || c.is_ascii_whitespace();
    text.get(at..).and_then(|rest| rest.find(ends)).map_or(text.len(), |length| at + length)
}

fn after_space(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + (rest.len() - rest.trim_ascii_start().len())
}

/// The byte at an offset; 0, which no JSON has, behind the end.
fn byte(text: &str, at: usize) -> u8 {
    text.as_bytes().get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn found<'a>(text: &'a str, path: &[&str]) -> Option<&'a str> {
        offset(text, path).map(|at| &text[at..])
    }

    #[test]
    fn a_path_leads_to_its_key_and_not_to_the_same_word_elsewhere() {
        let text = r#" { "required": ["to", "a\"]"], "properties": {
            "x": {"to": 1.5e3}, "to" : {"type": [ "string" , 5]} } } "#;
        let at = |path: &[&str]| found(text, path).unwrap();
        assert!(at(&["properties", "to"]).starts_with("\"to\" : {"));
        assert!(at(&["properties", "to", "type", "1"]).starts_with("5]}"));
        assert!(at(&["required", "1"]).starts_with("\"a\\\"]\"]"));
        assert!(at(&["properties", "to", "nowhere", "x"]).starts_with("\"to\" : {"));
        assert!(at(&["required", "2"]).starts_with("\"required\""));
        assert_eq!(found(text, &["nowhere"]), None);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i32>().prop_map(|n| json!(n)),
            "\\PC{0,8}".prop_map(|s| json!(s))
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
                prop::collection::btree_map("\\PC{0,4}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// Every path of a value, with what stands there: a key and its value, or an entry.
    fn paths(value: &Value, path: &[String], all: &mut Vec<(Vec<String>, String)>) {
        match value {
            Value::Object(fields) => {
                for (key, inner) in fields {
                    let path = [path, std::slice::from_ref(key)].concat();
                    all.push((path.clone(), format!("{}:{inner}", json!(key))));
                    paths(inner, &path, all);
                }
            }
            Value::Array(items) => {
                for (nth, inner) in items.iter().enumerate() {
                    let path = [path, &[nth.to_string()]].concat();
                    all.push((path.clone(), inner.to_string()));
                    paths(inner, &path, all);
                }
            }
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn every_part_of_any_json_is_found(value in any_json()) {
            let text = value.to_string();
            let mut all = Vec::new();
            paths(&value, &[], &mut all);
            for (path, there) in all {
                let names: Vec<_> = path.iter().map(String::as_str).collect();
                prop_assert!(found(&text, &names).is_some_and(|rest| rest.starts_with(&there)));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "[\\[\\]{}\":,\\\\ a1]{0,20}", name in "[a1]") {
            let _ = offset(&text, &[&name, "0", "a"]);
        }
    }
}
