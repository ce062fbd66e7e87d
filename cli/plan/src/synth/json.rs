//! JSON as CloudFormation would read it, but for keys that stand twice: those are refused.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};
use std::fmt;

/// The name under which serde_json hands on a number whose digits are kept (its feature
/// `arbitrary_precision`).
const NUMBER: &str = "$serde_json::private::Number";

/// # Errors
/// Where the text is no JSON, or a key stands twice in one object.
pub(super) fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str::<Unique>(text).map(|unique| unique.0)
}

struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader).map(Unique)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Unique(item)) = from.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = from.next_key::<String>()? {
            if key == NUMBER {
                return number(&from.next_value::<String>()?);
            }
            match map.entry(key) {
                Entry::Occupied(entry) => {
                    return Err(A::Error::custom(format!("`{}` stands twice", entry.key())));
                }
                Entry::Vacant(entry) => {
                    let Unique(value) = from.next_value()?;
                    entry.insert(value);
                }
            }
        }
        Ok(Value::Object(map))
    }
}

fn number<E: Error>(digits: &str) -> Result<Value, E> {
    digits.parse::<Number>().map(Value::Number).map_err(E::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn everything_that_json_has_comes_through() {
        let text = r#"{"a": [1, -2, 3.5, true, null, "x"], "b": {"c": {}}}"#;
        let plain: Value = serde_json::from_str(text).unwrap();
        assert_eq!(parse(text).unwrap(), plain);
    }

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(
            parse("12345678901234567890123").unwrap().to_string(),
            "12345678901234567890123"
        );
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_where_it_stands() {
        let error = parse("{\n\"a\": 1,\n\"a\": 2}").unwrap_err();
        assert!(error.to_string().starts_with("`a` stands twice"), "{error}");
        assert_eq!(error.line(), 3);
        assert_eq!(parse(r#"{"a": {"b": 1}, "b": 2}"#).unwrap(), json!({"a": {"b": 1}, "b": 2}));
    }
}
