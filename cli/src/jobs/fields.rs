//! What people write of a job on the command line.

use serde_json::{Map, Value};

/// A word that is no field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// Neither `=` nor `:=`.
    #[error("`{0}` is no field; write NAME=TEXT, or NAME:=JSON")]
    Shape(String),
    /// What follows `:=` is no JSON.
    #[error("`{word}` has no JSON after `:=`: {error}")]
    Json {
        /// The word.
        word: String,
        /// What is wrong with it.
        error: String,
    },
}

/// Fields in the order in which they stand; `None`: to be dropped.
///
/// # Errors
/// The first word that is none.
pub fn parse(words: &[String]) -> Result<Vec<(String, Option<Value>)>, FieldError> {
    words.iter().map(|word| field(word)).collect()
}

fn field(word: &str) -> Result<(String, Option<Value>), FieldError> {
    let (name, text) = word.split_once('=').ok_or_else(|| FieldError::Shape(word.to_owned()))?;
    let (name, value) = match name.strip_suffix(':') {
        None => (name, Some(Value::String(text.to_owned()))),
        Some(name) if text.is_empty() => (name, None),
        Some(name) => (name, Some(json(word, text)?)),
    };
    match name.is_empty() {
        true => Err(FieldError::Shape(word.to_owned())),
        false => Ok((name.to_owned(), value)),
    }
}

fn json(word: &str, text: &str) -> Result<Value, FieldError> {
    serde_json::from_str(text)
        .map_err(|error| FieldError::Json { word: word.to_owned(), error: error.to_string() })
}

/// Puts fields into a job.
pub(crate) fn apply(job: &mut Map<String, Value>, fields: Vec<(String, Option<Value>)>) {
    for (name, value) in fields {
        match value {
            Some(value) => job.insert(name, value),
            None => job.remove(&name),
        };
    }
}

/// Seconds of `90`, `90s`, `10m`, `2h` or `1d`.
///
/// # Errors
/// A sentence that says what is allowed.
pub fn seconds(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err("write seconds, or such as 90s, 10m, 2h, 1d".to_owned()),
    };
    let number: u64 =
        digits.parse().map_err(|_| "write seconds, or such as 90s, 10m, 2h, 1d".to_owned())?;
    number
        .checked_mul(unit)
        .filter(|seconds| *seconds > 0)
        .ok_or_else(|| "at least one second".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_json_and_nothing_are_told_apart() {
        let words = ["url=https://a.example/?x=1", "n:=12", "flag:=true", "gone:=", "empty="];
        let parsed = parse(&words.map(str::to_owned)).unwrap();
        let wanted = [
            ("url", Some(json!("https://a.example/?x=1"))),
            ("n", Some(json!(12))),
            ("flag", Some(json!(true))),
            ("gone", None),
            ("empty", Some(json!(""))),
        ];
        assert_eq!(parsed, wanted.map(|(name, value)| (name.to_owned(), value)));
    }

    #[test]
    fn what_is_no_field_is_named() {
        for (word, says) in
            [("url", "`url` is no field"), ("=x", "`=x` is no field"), ("n:=x", "no JSON after")]
        {
            let error = parse(&[word.to_owned()]).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn times_are_counted_in_seconds() {
        let read = ["90", "90s", "10m", "2h", "1d"].map(|text| seconds(text).unwrap());
        assert_eq!(read, [90, 90, 600, 7200, 86_400]);
        for text in ["", "m", "0", "-1", "1w", "1.5h", "99999999999999999999d", "5 m"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
