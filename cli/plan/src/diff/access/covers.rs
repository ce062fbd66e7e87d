//! Whether one grant includes another.

use super::changes::Condition;
use super::grants::Grant;

/// Whether `wide` says all that `narrow` says, of the same holder and with the same effect.
pub(super) fn covers(wide: &Grant, narrow: &Grant) -> bool {
    wide.holder == narrow.holder
        && wide.denies == narrow.denies
        && (wide.principal == narrow.principal || wide.principal == "*")
        // Actions are the same in any case of letters; ARNs are not.
        && matches(&wide.action.to_ascii_lowercase(), &narrow.action.to_ascii_lowercase())
        && matches(&wide.resource, &narrow.resource)
        && holds_whenever(&wide.condition, &narrow.condition)
}

/// Whether a pattern of IAM, in which `*` is any text and `?` any letter, includes a text.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where the last star stood, and how much of the text it took.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(letter) if *letter == text[t] || (*letter == b'?' && text[t] != b'*') => {
                p += 1;
                t += 1;
            }
            _ => match &mut star {
                Some((at, taken)) => {
                    *taken += 1;
                    (p, t) = (*at + 1, *taken);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|letter| *letter == b'*')
}

/// Whether the first condition holds wherever the second does. Keys are all required, values are
/// alternatives; of a negated operator each value is one more thing that is excluded.
fn holds_whenever(weak: &Condition, strong: &Condition) -> bool {
    let required = weak
        .iter()
        .flat_map(|(operator, keys)| keys.iter().map(move |(key, values)| (operator, key, values)));
    required.into_iter().all(|(operator, key, values)| {
        let includes = |wide: &String, narrow: &String| match is_pattern(operator) {
            true => matches(wide, narrow),
            false => wide == narrow,
        };
        let stronger = strong.get(operator).and_then(|keys| keys.get(key));
        stronger.is_some_and(|stronger| match operator.contains("Not") {
            true => values.iter().all(|one| stronger.iter().any(|wide| includes(wide, one))),
            false => stronger.iter().all(|one| values.iter().any(|wide| includes(wide, one))),
        })
    })
}

/// `StringLike`, `ArnLike` and `ArnEquals`, which is the same as it, read `*` and `?`.
fn is_pattern(operator: &str) -> bool {
    operator.contains("Like") || operator.contains("Arn")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::access::grants::condition;
    use serde_json::{Value, json};

    #[test]
    fn a_pattern_includes_what_iam_says_it_does() {
        let cases = [
            ("*", "anything", true),
            ("dynamodb:*", "dynamodb:PutItem", true),
            ("dynamodb:*Item", "dynamodb:PutItem", true),
            ("dynamodb:*Item", "dynamodb:Query", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("ab?", "abc", true),
            ("ab?", "ab", false),
            ("ab?", "ab*", false),
            ("a", "*", false),
            ("arn:${AWS::Partition}:s3:::b/*", "arn:${AWS::Partition}:s3:::b/x/*", true),
            ("", "", true),
            ("", "a", false),
        ];
        for (pattern, text, included) in cases {
            assert_eq!(matches(pattern, text), included, "{pattern} {text}");
        }
    }

    #[test]
    fn a_condition_is_weaker_with_fewer_keys_and_more_values() {
        let weak = |a: &Value, b: &Value| holds_whenever(&condition(a), &condition(b));
        let one = json!({ "StringEquals": { "k": "a" } });
        let two = json!({ "StringEquals": { "k": ["a", "b"] } });
        let more = json!({ "StringEquals": { "k": "a", "l": "x" } });
        assert!(weak(&json!({}), &one) && !weak(&one, &json!({})));
        assert!(weak(&two, &one) && !weak(&one, &two));
        assert!(weak(&one, &more) && !weak(&more, &one));
        let like = |arn: &str| json!({ "ArnLike": { "k": arn } });
        assert!(
            weak(&like("arn:a/*"), &like("arn:a/b")) && !weak(&like("arn:a/b"), &like("arn:a/*"))
        );
        let equal = |text: &str| json!({ "StringEquals": { "k": text } });
        assert!(!weak(&equal("*"), &equal("a")));
        let not_one = json!({ "StringNotEquals": { "k": "a" } });
        let not_two = json!({ "StringNotEquals": { "k": ["a", "b"] } });
        assert!(weak(&not_one, &not_two) && !weak(&not_two, &not_one));
    }
}
