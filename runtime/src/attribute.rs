//! DynamoDB's typed values, as a stream event writes them (`{"N": "1"}`), and plain JSON.
//!
//! Numbers keep every digit. Sets become arrays and binary its base64 text: JSON has neither.

use serde_json::{Map, Number, Value};

/// A typed value that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AttributeError(String);

/// The plain object of an image: attribute name -> typed value.
///
/// # Errors
/// The first attribute that is no typed value.
pub fn plain_object(image: Map<String, Value>) -> Result<Map<String, Value>, AttributeError> {
    let mut object = Map::new();
    for (name, typed) in image {
        object.insert(name, plain(typed)?);
    }
    Ok(object)
}

/// The plain value of a typed value.
///
/// # Errors
/// Where it is no object of exactly one known type, or its value is not of that type.
pub fn plain(typed: Value) -> Result<Value, AttributeError> {
    let (kind, value) = single(typed)?;
    match (kind.as_str(), value) {
        ("S" | "B", value @ Value::String(_)) | ("BOOL", value @ Value::Bool(_)) => Ok(value),
        ("SS" | "BS", Value::Array(texts)) if texts.iter().all(Value::is_string) => {
            Ok(Value::Array(texts))
        }
        ("N", Value::String(digits)) => number(&digits).map(Value::Number),
        ("NS", Value::Array(numbers)) => numbers.into_iter().map(set_number).collect(),
        ("NULL", _) => Ok(Value::Null),
        ("M", Value::Object(map)) => plain_object(map).map(Value::Object),
        ("L", Value::Array(list)) => list.into_iter().map(plain).collect(),
        (kind, _) => Err(AttributeError(format!("a value of type `{kind}` is unreadable"))),
    }
}

/// A number as DynamoDB writes it, digit by digit.
///
/// # Errors
/// Where the text is no number in JSON's sense.
pub fn number(digits: &str) -> Result<Number, AttributeError> {
    let parsed = serde_json::from_str::<Number>(digits);
    parsed.map_err(|_| AttributeError(format!("`{digits}` is no number")))
}

fn set_number(value: Value) -> Result<Value, AttributeError> {
    match value {
        Value::String(digits) => number(&digits).map(Value::Number),
        _ => Err(AttributeError("a number set holds something else".to_owned())),
    }
}

fn single(typed: Value) -> Result<(String, Value), AttributeError> {
    let Value::Object(map) = typed else {
        return Err(AttributeError("a typed value is no object".to_owned()));
    };
    let mut entries = map.into_iter();
    match (entries.next(), entries.next()) {
        (Some(entry), None) => Ok(entry),
        _ => Err(AttributeError("a typed value has not one type".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &str) -> Result<Value, AttributeError> {
        plain(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn every_type_reads_as_plain_json() {
        let typed = r#"{"M":{"s":{"S":""},"n":{"N":"9007199254740993"},"f":{"N":"-1.50E-3"},
            "t":{"BOOL":true},"0":{"NULL":true},"l":{"L":[{"N":"1"},{"L":[]}]},"m":{"M":{}},
            "ss":{"SS":["a"]},"ns":{"NS":["12345678901234567890123456789012345678"]},
            "b":{"B":"AAE="},"bs":{"BS":["AA=="]}}}"#;
        let plain = r#"{"s":"","n":9007199254740993,"f":-1.50E-3,"t":true,"0":null,"l":[1,[]],
            "m":{},"ss":["a"],"ns":[12345678901234567890123456789012345678],"b":"AAE=",
            "bs":["AA=="]}"#;
        assert_eq!(decode(typed).unwrap(), serde_json::from_str::<Value>(plain).unwrap());
    }

    #[test]
    fn what_is_no_typed_value_is_an_error_and_no_panic() {
        for text in [
            "1",
            "[]",
            "{}",
            r#"{"S":1}"#,
            r#"{"N":"x"}"#,
            r#"{"N":1}"#,
            r#"{"X":"1"}"#,
            r#"{"S":"a","N":"1"}"#,
            r#"{"L":[1]}"#,
            r#"{"NS":[1]}"#,
        ] {
            assert!(decode(text).is_err(), "{text}");
        }
    }
}
