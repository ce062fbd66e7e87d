//! Structured logs: one JSON object a line on stderr, where CloudWatch and a terminal find it.
//!
//! Deliberately absent: the time (CloudWatch stamps every line) and levels to switch off.

use serde_json::{Map, Value};
use std::io::Write;

/// Something worth knowing happened.
pub fn info(event: &str, fields: &[(&str, &str)]) {
    write(&line("info", event, fields));
}

/// Something is odd, and was coped with.
pub fn warn(event: &str, fields: &[(&str, &str)]) {
    write(&line("warn", event, fields));
}

/// Something failed.
pub fn error(event: &str, fields: &[(&str, &str)]) {
    write(&line("error", event, fields));
}

fn line(level: &str, event: &str, fields: &[(&str, &str)]) -> String {
    let given = fields.iter().copied();
    let all = given.chain([("level", level), ("event", event)]);
    let object: Map<String, Value> = all.map(|(k, v)| (k.to_owned(), v.into())).collect();
    Value::Object(object).to_string()
}

/// A log that cannot be written is no reason to fail a tick.
fn write(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_object_whatever_a_value_holds() {
        let text = line("warn", "odd", &[("reason", "two\nlines \"quoted\"")]);
        assert!(!text.contains('\n'));
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["level"], "warn");
        assert_eq!(value["event"], "odd");
        assert_eq!(value["reason"], "two\nlines \"quoted\"");
    }

    #[test]
    fn a_field_cannot_pass_for_the_level() {
        let value: Value = serde_json::from_str(&line("error", "x", &[("level", "info")])).unwrap();
        assert_eq!(value["level"], "error");
    }
}
