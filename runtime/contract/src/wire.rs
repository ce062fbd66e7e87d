//! JSON text that every service on the way takes.

use serde::Serialize;

/// JSON text without the two characters that SQS refuses and JSON may write as they are: U+FFFE
/// and U+FFFF, which can only stand in strings, are written as escapes (SQS API reference,
/// `SendMessage`: `#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF`).
///
/// # Errors
/// A value that is no JSON.
pub fn wire_json<T: Serialize>(value: &T) -> serde_json::Result<String> {
    let text = serde_json::to_string(value)?;
    if !text.contains(['\u{fffe}', '\u{ffff}']) {
        return Ok(text);
    }
    Ok(text.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_of_the_text_is_one_that_sqs_takes() {
        let job = serde_json::json!({"name\u{ffff}": "a\u{fffe}b\u{0}\u{1f}\u{7f}\u{10ffff}"});
        let text = wire_json(&job).unwrap();
        let taken = |c: char| {
            matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
                || c >= '\u{10000}'
        };
        assert!(text.chars().all(taken), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), job);
    }
}
