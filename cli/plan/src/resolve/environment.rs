//! A function's environment: names that Lambda takes, and a size that it takes.

use super::Findings;
use crate::app::EnvValue;
use crate::code::Code;
use crate::limits::{ENVIRONMENT_BYTES, OWN_ENVIRONMENT, RESERVED_ENVIRONMENT};
use crate::manifest::EnvValueSource;
use crate::problem::{Place, Problem};
use std::collections::BTreeMap;

/// Words that say that a value had better not stand in a file.
const SECRET_WORDS: &[&str] = &["API_KEY", "PASSWORD", "PRIVATE_KEY", "SECRET", "TOKEN"];

/// The variables as decided; what is wrong with one is told at its place.
pub(crate) fn environment(
    written: &BTreeMap<String, EnvValueSource>,
    place: impl Fn(&str) -> Place,
    findings: &mut Findings,
) -> BTreeMap<String, EnvValue> {
    let mut decided = BTreeMap::new();
    for (key, value) in written {
        variable(key, value, place(key), findings);
        decided.insert(key.clone(), decide(value));
    }
    decided
}

fn variable(key: &str, value: &EnvValueSource, place: Place, findings: &mut Findings) {
    if RESERVED_ENVIRONMENT.contains(&key) || key.starts_with('_') {
        findings.error(Code::VariableTaken, place, format!("`{key}` is reserved by Lambda"));
    } else if OWN_ENVIRONMENT.contains(&key) {
        let what = format!("`{key}` is set by scheduler itself");
        findings.push(
            Problem::error(Code::VariableTaken, place, what)
                .hint("it comes from `consumer.state` or `consumer.mail`"),
        );
    } else if !is_key(key) {
        let what = format!("`{key}` is no name that Lambda takes for a variable");
        let hint = "a letter, then at least one letter, digit or underscore";
        findings.push(Problem::error(Code::BadVariableName, place, what).hint(hint));
    } else if matches!(value, EnvValueSource::Text(_)) && looks_secret(key) {
        let what = format!("`{key}` looks like a secret, and its value stands in this file");
        let hint = format!("keep it in Systems Manager: `{key} = {{ ssm = \"/path\" }}`");
        findings.push(Problem::warning(Code::SecretInFile, place, what).hint(hint));
    } else {
        reference(value, place, findings);
    }
}

/// What CloudFormation puts in has to name something that it can look up.
fn reference(value: &EnvValueSource, place: Place, findings: &mut Findings) {
    match value {
        EnvValueSource::Att(table) => attribute(&table.att, place, findings),
        EnvValueSource::Ssm(table) if !is_parameter(&table.ssm) => {
            let what = format!("`{}` is no name of a parameter in Systems Manager", table.ssm);
            findings.push(
                Problem::error(Code::BadReference, place, what)
                    .hint("such as `/monitor/token`, or `/monitor/token:4` for one version"),
            );
        }
        EnvValueSource::Ssm(_) | EnvValueSource::Text(_) | EnvValueSource::Ref(_) => {}
    }
}

/// Tells where `Fn::GetAtt` would have no attribute to get.
pub(super) fn attribute(text: &str, place: Place, findings: &mut Findings) {
    let letters = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric());
    let fits = text.split_once('.').is_some_and(|(id, attribute)| {
        !id.is_empty() && letters(id) && attribute.split('.').all(|p| !p.is_empty() && letters(p))
    });
    if !fits {
        let what = format!("`{text}` names no attribute of a resource");
        findings.push(
            Problem::error(Code::BadReference, place, what)
                .hint("it is `Resource.Attribute`, such as `Pages.Arn`"),
        );
    }
}

/// Letters, digits and `.-_/`, perhaps with a version (CloudFormation user guide, "Get a plaintext
/// value from Systems Manager Parameter Store").
fn is_parameter(text: &str) -> bool {
    let (name, version) = text.split_once(':').map_or((text, "1"), |parts| parts);
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/".contains(&byte);
    !name.is_empty()
        && name.bytes().all(fits)
        && !version.is_empty()
        && version.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_key(key: &str) -> bool {
    let mut letters = key.bytes();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && key.len() > 1
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == b'_')
}

fn looks_secret(key: &str) -> bool {
    let key = key.to_ascii_uppercase();
    SECRET_WORDS.iter().any(|word| key.ends_with(word))
}

fn decide(value: &EnvValueSource) -> EnvValue {
    match value {
        EnvValueSource::Text(text) => EnvValue::Text(text.clone()),
        EnvValueSource::Ref(table) => EnvValue::Ref(table.r#ref.clone()),
        EnvValueSource::Att(table) => EnvValue::Att(table.att.clone()),
        EnvValueSource::Ssm(table) => EnvValue::Ssm(table.ssm.clone()),
    }
}

/// Tells where all variables together are larger than Lambda takes.
pub(crate) fn size(variables: &BTreeMap<String, EnvValue>, place: Place, findings: &mut Findings) {
    let value = |value: &EnvValue| match value {
        EnvValue::Text(text) => text.len(),
        EnvValue::Ref(_) | EnvValue::Att(_) | EnvValue::Ssm(_) => 0,
    };
    let bytes: usize = variables.iter().map(|(key, text)| key.len() + value(text)).sum();
    if bytes > ENVIRONMENT_BYTES {
        let what = format!("the environment has {bytes} bytes; Lambda takes {ENVIRONMENT_BYTES}");
        findings.push(
            Problem::error(Code::EnvironmentTooLarge, place, what)
                .hint("move large values into a file of the zip"),
        );
    }
}
