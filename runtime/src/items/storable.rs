//! What the table and a schedule can carry: a job that is valid by its schema may still not fit.
//!
//! Limits of DynamoDB (developer guide, "Constraints"): numbers of at most 38 significant digits
//! and magnitudes from 1E-130 to 9.99E+125, 32 levels of nesting, no empty attribute name.

use super::answer::FieldErrors;
use super::validate::escape;
use serde_json::{Map, Number, Value};

/// The largest input of a schedule, bytes (EventBridge Scheduler, `Target.Input`).
pub(crate) const TICK_MAX: usize = 262_144;

const DIGITS_MAX: usize = 38;
const DEPTH_MAX: usize = 31;
const EXPONENTS: std::ops::RangeInclusive<i64> = -130..=125;

/// What is wrong with the values of a job.
pub(crate) fn check(job: &Value) -> FieldErrors {
    let mut errors = FieldErrors::new();
    walk(job, &Place::default(), &mut |place, fault| {
        errors.insert(place.pointer.clone(), fault.to_string());
    });
    errors
}

/// Those of its fields that are nested too deep, and nothing else.
pub(crate) fn too_deep(fields: &Map<String, Value>) -> FieldErrors {
    let mut errors = FieldErrors::new();
    walk_fields(fields, &Place::default(), &mut |place, fault| {
        if fault == Fault::Deep {
            errors.insert(place.pointer.clone(), fault.to_string());
        }
    });
    errors
}

/// Why a value cannot be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("is nested more than {DEPTH_MAX} levels deep")]
    Deep,
    #[error("must be a number of at most {DIGITS_MAX} digits from 1e-130 to 1e+126")]
    Number,
    #[error("must have a name")]
    Unnamed,
}

/// Where a value stands.
#[derive(Default)]
struct Place {
    pointer: String,
    depth: usize,
}

impl Place {
    fn inner(&self, token: &str) -> Self {
        Self { pointer: format!("{}/{token}", self.pointer), depth: self.depth + 1 }
    }
}

fn walk(value: &Value, place: &Place, tell: &mut impl FnMut(&Place, Fault)) {
    match value {
        _ if place.depth > DEPTH_MAX => tell(place, Fault::Deep),
        Value::Number(number) if !fits(number) => tell(place, Fault::Number),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &place.inner(&index.to_string()), tell);
            }
        }
        Value::Object(fields) => walk_fields(fields, place, tell),
        _ => {}
    }
}

fn walk_fields(fields: &Map<String, Value>, place: &Place, tell: &mut impl FnMut(&Place, Fault)) {
    for (name, field) in fields {
        let inner = place.inner(&escape(name));
        if name.is_empty() {
            tell(&inner, Fault::Unnamed);
        }
        walk(field, &inner, tell);
    }
}

fn fits(number: &Number) -> bool {
    let text = number.to_string();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()),
        None => (text.as_str(), Some(0)),
    };
    let whole = mantissa.trim_start_matches('-');
    let (whole, fraction) = whole.split_once('.').unwrap_or((whole, ""));
    let digits = format!("{whole}{fraction}");
    let leading = digits.len() - digits.trim_start_matches('0').len();
    let significant = digits.trim_matches('0').len();
    let Some(exponent) = exponent.filter(|e| e.abs() < 1_000) else {
        return significant == 0;
    };
    // The power of ten of the first significant digit.
    let power = index(whole.len()) - 1 - index(leading) + exponent;
    significant == 0 || (significant <= DIGITS_MAX && EXPONENTS.contains(&power))
}

fn index(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> Vec<String> {
        let value = serde_json::from_str(text).unwrap();
        check(&value).into_keys().collect()
    }

    #[test]
    fn numbers_that_the_table_would_refuse_are_named() {
        let digits = "9".repeat(38);
        for fine in [
            &digits,
            "0",
            "-0.0",
            "1e125",
            "1e-130",
            "0.00010",
            "100e-132",
            "0e99999999999999999999",
        ] {
            assert_eq!(wrong(&format!("[{fine}]")), Vec::<String>::new(), "{fine}");
        }
        for bad in [
            &format!("{digits}9"),
            "1e126",
            "10e125",
            "1e-131",
            "1e99999999999999999999",
            "-1e-9999",
        ] {
            assert_eq!(wrong(&format!("[{bad}]")), ["/0"], "{bad}");
        }
    }

    #[test]
    fn deep_nesting_and_empty_names_are_named() {
        let deep = format!("{}1{}", "[".repeat(40), "]".repeat(40));
        assert_eq!(wrong(&deep).len(), 1);
        assert_eq!(wrong(r#"{"a/b":{"":1}}"#), ["/a~1b/"]);
    }
}
