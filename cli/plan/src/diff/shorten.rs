//! Values on one line, short enough to be read; JSON output has them whole.

use serde_json::Value;

/// Digests are told by their first digits.
const DIGITS: usize = 12;
/// Characters of a value on one line.
const WIDTH: usize = 120;
/// Characters before and after what differs between two long values.
const CONTEXT: usize = 24;

/// One value.
pub(super) fn one(value: &Value) -> String {
    let text: Vec<char> = line(value).chars().collect();
    part(&text, 0, text.len())
}

/// Two values, old and new: of long ones the part that differs.
pub(super) fn two(old: &Value, new: &Value) -> (String, String) {
    let (a, b): (Vec<char>, Vec<char>) = (line(old).chars().collect(), line(new).chars().collect());
    if a.len() <= WIDTH && b.len() <= WIDTH {
        return (a.into_iter().collect(), b.into_iter().collect());
    }
    let same =
        |pairs: &mut dyn Iterator<Item = (&char, &char)>| pairs.take_while(|(a, b)| a == b).count();
    let head = same(&mut a.iter().zip(&b));
    let tail = same(&mut a[head..].iter().rev().zip(b[head..].iter().rev()));
    let start = head.saturating_sub(CONTEXT);
    let cut = |text: &[char]| part(text, start, text.len() - tail.saturating_sub(CONTEXT));
    (cut(&a), cut(&b))
}

/// From here to there, as far as the width allows, with a mark where something is left out.
fn part(text: &[char], start: usize, end: usize) -> String {
    let end = end.min(start + WIDTH);
    let before = if start > 0 { "…" } else { "" };
    let after = if end < text.len() { "…" } else { "" };
    let shown: String = text[start..end].iter().collect();
    format!("{before}{shown}{after}")
}

/// JSON on one line, keys sorted, digests cut.
fn line(value: &Value) -> String {
    match value {
        Value::String(text) => Value::from(cut(text)).to_string(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(line).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entry = |(key, value): (&String, &Value)| format!("\"{key}\": {}", line(value));
            format!("{{{}}}", entries.into_iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        scalar => scalar.to_string(),
    }
}

/// A digest may stand at the end of an address.
fn cut(text: &str) -> String {
    let (head, tail) = text.rsplit_once('/').map_or(("", text), |(head, tail)| (head, tail));
    let digest = tail.len() == 64 && tail.bytes().all(|byte| byte.is_ascii_hexdigit());
    match (digest, head) {
        (false, _) => text.to_owned(),
        (true, "") => format!("{}…", &tail[..DIGITS]),
        (true, head) => format!("{head}/{}…", &tail[..DIGITS]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn of_two_long_values_the_difference_is_shown() {
        let text = |middle: &str| json!(format!("{}{middle}{}", "é".repeat(300), "b".repeat(300)));
        let (old, new) = two(&text("OLD"), &text("NEW!"));
        assert_eq!(old, format!("…{}OLD{}…", "é".repeat(24), "b".repeat(24)));
        assert_eq!(new, format!("…{}NEW!{}…", "é".repeat(24), "b".repeat(24)));
    }

    #[test]
    fn a_long_value_is_cut_and_a_short_one_whole() {
        assert_eq!(one(&json!(["a", 1])), "[\"a\", 1]");
        let cut = one(&json!("x".repeat(500)));
        assert_eq!(cut.chars().count(), 121);
        assert!(cut.ends_with('…'));
    }

    #[test]
    fn one_value_that_is_the_head_of_the_other_is_told_from_it() {
        let head = json!("x".repeat(200));
        let (old, new) = two(&head, &json!(format!("{}, more", "x".repeat(200))));
        assert_eq!(old, format!("…{}\"", "x".repeat(24)));
        assert_eq!(new, format!("…{}, more\"", "x".repeat(24)));
    }
}
