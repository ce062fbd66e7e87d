//! A service's name from a folder's.

use scheduler_plan::names::{SERVICE_NAME_MAX, ServiceName};

/// For a folder whose name has nothing to offer.
const FALLBACK: &str = "my-scheduler";

/// The nearest valid name: lower case, a hyphen for whatever is neither letter nor digit, cut to
/// its measure.
#[must_use]
pub fn service_name(folder: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = folder.chars().map(plain).collect();
    let name = name.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let words: Vec<_> = name.split('-').filter(|word| !word.is_empty()).collect();
    let mut name = words.join("-");
    name.truncate(SERVICE_NAME_MAX);
    let name = name.trim_end_matches('-');
    match ServiceName::parse(name) {
        Ok(name) => name.to_string(),
        Err(_) => FALLBACK.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folders_name_becomes_a_services_name() {
        for (folder, name) in [
            ("uptime", "uptime"),
            ("Uptime Checks", "uptime-checks"),
            ("uptime_checks.v2", "uptime-checks-v2"),
            ("2024-uptime", "uptime"),
            ("--a--b--", "a-b"),
            ("Größe", "gr-e"),
            ("監視", FALLBACK),
            ("42", FALLBACK),
            ("", FALLBACK),
            ("a-very-long-name-of-a-fo-lder", "a-very-long-name-of-a-fo"),
            ("a-very-long-name-of-a-f-older", "a-very-long-name-of-a-f"),
        ] {
            assert_eq!(service_name(folder), name, "{folder}");
        }
        assert!(ServiceName::parse(FALLBACK).is_ok());
    }
}
