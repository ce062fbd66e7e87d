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

/// Whether the table would keep both as the same item. It writes numbers its own way: `1.50` as
/// `1.5`, `1E2` as `100`.
pub(super) fn are_equal(
    one: &HashMap<String, AttributeValue>,
    other: &HashMap<String, AttributeValue>,
) -> bool {
    let is_in_other = |(name, value): (&String, &AttributeValue)| {
        other.get(name).is_some_and(|counterpart| is_equal(value, counterpart))
    };
    one.len() == other.len() && one.iter().all(is_in_other)
}

fn is_equal(one: &AttributeValue, other: &AttributeValue) -> bool {
    match (one, other) {
        (AttributeValue::N(one), AttributeValue::N(other)) => {
            Decimal::of(one) == Decimal::of(other)
        }
        (AttributeValue::M(one), AttributeValue::M(other)) => are_equal(one, other),
        (AttributeValue::L(one), AttributeValue::L(other)) => {
            let mut pairs = one.iter().zip(other);
            one.len() == other.len() && pairs.all(|(one, other)| is_equal(one, other))
        }
        _ => one == other,
    }
}

/// A number by its digits, so that none is lost: 0.`digits` times ten to the `exponent`.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    is_negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// `None` for what is no number.
    fn of(text: &str) -> Option<Self> {
        let (is_negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, power) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let significant = digits.trim_start_matches('0');
        let zeros = digits.len() - significant.len();
        let point = i64::try_from(whole.len()).ok()?.checked_sub(i64::try_from(zeros).ok()?)?;
        let power: i64 = power.parse().ok()?;
        let digits = significant.trim_end_matches('0').to_owned();
        Some(match digits.is_empty() {
            true => Self { is_negative: false, digits, exponent: 0 },
            false => Self { is_negative, digits, exponent: point.checked_add(power)? },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_equal_however_they_are_written() {
        let same = [
            ("1.50", "1.5"),
            ("1E2", "100"),
            ("1e+2", "100"),
            ("100e-2", "1"),
            ("0.010", "1E-2"),
            ("-0", "0"),
            ("0.000", "0"),
            ("-12.0", "-12"),
            ("9007199254740993", "9007199254740993.0"),
        ];
        for (one, other) in same {
            assert!(Decimal::of(one).is_some(), "{one}");
            assert_eq!(Decimal::of(one), Decimal::of(other), "{one} and {other}");
        }
        let different = [("1", "10"), ("1", "-1"), ("9007199254740993", "9007199254740992")];
        for (one, other) in different.into_iter().chain([("0.1", "0.01"), ("1", "x")]) {
            assert_ne!(Decimal::of(one), Decimal::of(other), "{one} and {other}");
        }
        for text in ["", "-", ".", "1e", "1e9e9", "0x1", "١"] {
            assert_eq!(Decimal::of(text), None, "{text}");
        }
    }

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
