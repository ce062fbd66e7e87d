//! The SDK's typed values and plain JSON, both ways. Numbers keep every digit.

use crate::attribute::number;
use crate::ports::Item;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};

/// An item's attributes, sorted by name: an equal item prints equal bytes.
#[must_use]
pub fn item(attributes: HashMap<String, AttributeValue>) -> Item {
    let sorted: BTreeMap<_, _> = attributes.into_iter().collect();
    sorted.into_iter().map(|(name, value)| (name, plain(value))).collect()
}

fn plain(value: AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => Value::String(text),
        AttributeValue::N(digits) => numeric(digits),
        AttributeValue::Bool(flag) => Value::Bool(flag),
        AttributeValue::M(map) => Value::Object(item(map)),
        AttributeValue::L(list) => list.into_iter().map(plain).collect(),
        AttributeValue::Ss(texts) => sorted(texts).into_iter().collect(),
        AttributeValue::Ns(numbers) => sorted(numbers).into_iter().map(numeric).collect(),
        AttributeValue::B(bytes) => STANDARD.encode(bytes).into(),
        AttributeValue::Bs(set) => {
            sorted(set.into_iter().map(|bytes| STANDARD.encode(bytes)).collect())
                .into_iter()
                .collect()
        }
        // `NULL`, and whatever a later SDK knows.
        _ => Value::Null,
    }
}

/// A set has no order, and may be read in another one the next time.
fn sorted(mut set: Vec<String>) -> Vec<String> {
    set.sort_unstable();
    set
}

/// DynamoDB only stores numbers: text would be a fault of the service, and no reason to fail.
fn numeric(digits: String) -> Value {
    number(&digits).map_or(Value::String(digits), Value::Number)
}

/// A flat object as attributes.
pub(super) fn attributes(object: Map<String, Value>) -> HashMap<String, AttributeValue> {
    object.into_iter().map(|(name, value)| (name, typed(value))).collect()
}

fn typed(value: Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(flag) => AttributeValue::Bool(flag),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text),
        Value::Array(list) => AttributeValue::L(list.into_iter().map(typed).collect()),
        Value::Object(map) => AttributeValue::M(attributes(map)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_reads_the_same_in_whatever_order_it_comes() {
        let set =
            |texts: &[&str]| AttributeValue::Ss(texts.iter().map(ToString::to_string).collect());
        assert_eq!(plain(set(&["b", "a"])), plain(set(&["a", "b"])));
    }

    #[test]
    fn json_survives_the_table() {
        let text = r#"{"a":null,"b":[1,9007199254740993,{"c":"x"}],"d":false,"e":1.50,"f":{}}"#;
        let object: Map<String, Value> = serde_json::from_str(text).unwrap();
        let back = item(attributes(object.clone()));
        assert_eq!(serde_json::to_string(&back).unwrap(), text);
        assert_eq!(back, object);
    }
}
