//! What `resolve` judges, said once more for editors: which texts are names, addresses and ARNs,
//! and which keys go together. `shape` reads none of it, so a mistake is told once, by `resolve`.
//!
//! Deliberately absent: what needs another file, or a sum over several keys. In `if`, `then` and
//! `else`, other keys are said to be allowed, since some editors take silence for a no.

use crate::limits::{OWN_ENVIRONMENT, RESERVED_ENVIRONMENT};
use crate::names::ENV_NAME_MAX;
use schemars::Schema;
use serde_json::{Map, Value, json};

/// Words of lower-case letters and digits with single hyphens between them.
pub(super) const KEBAB: &str = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$";
/// An AWS account.
pub(super) const ACCOUNT: &str = "^[0-9]{12}$";
/// An e-mail address, as far as can be seen.
pub(super) const MAIL_ADDRESS: &str = r"^[^\s@]+@[^\s@.][^\s@]*\.[^\s@]*[^\s@.]$";
/// An IAM action.
pub(super) const ACTION: &str = r"^[a-z0-9-]+:[A-Za-z0-9*]+$";
const JOB_TYPE: &str = "^[a-z][a-z0-9_]{0,63}$";
const VARIABLE: &str = "^[A-Za-z][A-Za-z0-9_]+$";
const QUEUE_ARN: &str = "^arn:aws[^:]*:sqs:[^:]+:[0-9]{12}:[^:]+$";

/// A name of hyphenated words.
pub(super) fn kebab(longest: usize) -> Value {
    json!({ "pattern": KEBAB, "maxLength": longest })
}

pub(super) fn env_name() -> Value {
    json!({ "pattern": KEBAB, "maxLength": ENV_NAME_MAX, "not": { "const": "local" } })
}

pub(super) fn job_type_name() -> Value {
    json!({ "pattern": JOB_TYPE })
}

pub(super) fn variable_name() -> Value {
    let taken = [RESERVED_ENVIRONMENT, OWN_ENVIRONMENT].concat();
    json!({ "pattern": VARIABLE, "not": { "enum": taken } })
}

/// A path that leaves the folder of the file that names it.
pub(super) fn leaving_path() -> Value {
    json!({ "pattern": r"^/|(^|/)\.\.(/|$)" })
}

/// A standard queue.
pub(super) fn queue_arn(schema: &mut Schema) {
    schema.insert("pattern".into(), json!(QUEUE_ARN));
    schema.insert("not".into(), json!({ "pattern": r"\.fifo$" }));
    schema.insert("examples".into(), json!(["arn:aws:sqs:eu-central-1:123456789012:pings"]));
}

/// A type's own schema describes an object, and none of the fields that every job has.
pub(super) fn own_schema(schema: &mut Schema) {
    let mut properties = Map::new();
    properties.insert("$schema".into(), json!({ "const": crate::resolve::schema::DRAFT }));
    properties.insert("type".into(), json!({ "const": "object" }));
    let taken = json!({ "not": { "enum": scheduler_contract::CORE_FIELDS } });
    properties.insert("properties".into(), json!({ "propertyNames": taken }));
    schema.insert("properties".into(), Value::Object(properties));
}

/// What each kind of build reads: the keys that it needs, and those that it may have.
const BUILDS: &[(&str, &[&str], &[&str])] = &[
    ("rust", &[], &["bin"]),
    ("command", &["run", "zip"], &[]),
    ("zip", &["zip"], &[]),
    ("python", &[], &["requirements"]),
    ("node", &[], &[]),
];

/// Each kind of build has its own keys.
pub(super) fn build(schema: &mut Schema) {
    let keys = keys_of(schema);
    let chain = BUILDS.iter().rfold(None, |rest: Option<Value>, (kind, needed, optional)| {
        let known = |key: &&String| {
            *key == "kind" || [*needed, *optional].iter().any(|keys| keys.contains(&key.as_str()))
        };
        let foreign = keys.iter().filter(|key| !known(key));
        let mut link = Map::new();
        link.insert("if".into(), is("kind", &json!({ "const": kind })));
        link.insert("then".into(), without(foreign, needed));
        link.extend(rest.map(|rest| ("else".into(), rest)));
        link.insert("additionalProperties".into(), json!(true));
        Some(Value::Object(link))
    });
    conditions(schema, chain.unwrap_or_default());
}

/// A queue that exists already has no function's keys, and some runtimes need a handler.
pub(super) fn consumer(schema: &mut Schema) {
    let keys = keys_of(schema);
    let of_functions = keys.iter().filter(|key| *key != "queue_arn");
    let handled = is("runtime", &json!({ "not": { "pattern": r"^provided\." } }));
    let chain = json!({
        "if": has("queue_arn"),
        "then": without(of_functions, &[]),
        "else": {
            "if": handled,
            "then": { "required": ["handler"], "additionalProperties": true },
            "additionalProperties": true,
        },
    });
    conditions(schema, chain);
}

/// A function has a build, and a build has a function.
pub(super) fn plugin(schema: &mut Schema) {
    let queue = is("consumer", &json!({ "required": ["queue_arn"], "additionalProperties": true }));
    let function = json!({
        "if": has("consumer"),
        "then": { "required": ["build"], "additionalProperties": true },
        "else": {
            "if": has("build"),
            "then": { "required": ["consumer"], "additionalProperties": true },
            "additionalProperties": true,
        },
        "additionalProperties": true,
    });
    let chain = json!({
        "if": has("job_types"),
        "then": {
            "if": queue,
            "then": without(["build".to_owned()].iter(), &[]),
            "else": function,
            "additionalProperties": true,
        },
        "else": { "required": ["job_types"], "additionalProperties": true },
    });
    conditions(schema, chain);
}

/// The schema of a table in which a key is written.
fn has(key: &str) -> Value {
    json!({ "required": [key], "additionalProperties": true })
}

/// The schema of a table in which a key is written and its value fits.
fn is(key: &str, fits: &Value) -> Value {
    json!({ "required": [key], "properties": { key: fits }, "additionalProperties": true })
}

/// The schema of a table without some keys and with others.
fn without<'a>(keys: impl Iterator<Item = &'a String>, needed: &[&str]) -> Value {
    let never: Map<_, _> = keys.map(|key| (key.clone(), json!(false))).collect();
    json!({ "properties": never, "required": needed, "additionalProperties": true })
}

fn keys_of(schema: &Schema) -> Vec<String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.map(|keys| keys.keys().cloned().collect()).unwrap_or_default()
}

fn conditions(schema: &mut Schema, chain: Value) {
    if let Value::Object(chain) = chain {
        let own = chain.into_iter().filter(|(key, _)| key != "additionalProperties");
        schema.ensure_object().extend(own);
    }
}

pub(super) fn schema_example() -> Value {
    json!({ "properties": { "url": { "type": "string", "format": "uri" } }, "required": ["url"] })
}

pub(super) fn environment_example() -> Value {
    json!({ "LEVEL": "info", "TOKEN": { "ssm": "/monitor/token" } })
}

pub(super) fn resources_example() -> Value {
    json!([{ "sub": "arn:${AWS::Partition}:s3:::${Pages}" }])
}
