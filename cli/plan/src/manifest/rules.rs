//! What `resolve` judges, said once more for editors: which texts are names, addresses and ARNs,
//! and which keys go together. `shape` reads none of it, so a mistake is told once, by `resolve`.
//!
//! Deliberately absent: what needs another file, or a sum over several keys. In `if`, `then` and
//! `else`, other keys are said to be allowed, since some editors take silence for a no.

use crate::limits::{CONCURRENCY_QUEUED, OWN_ENVIRONMENT, RESERVED_ENVIRONMENT, RETRIES_DIRECT};
use crate::names::{ENV_NAME_MAX, SERVICE_NAME_MAX};
use schemars::Schema;
use serde_json::{Map, Value, json};

const KEBAB: &str = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$";
const JOB_TYPE: &str = "^[a-z][a-z0-9_]{0,63}$";
const VARIABLE: &str = "^[A-Za-z][A-Za-z0-9_]+$";
const ACCOUNT: &str = "^[0-9]{12}$";
const ISSUER: &str = r"^(https://|http://(127\.0\.0\.1|localhost|\[::1\])([:/]|$))";
const MAIL_ADDRESS: &str = r"^[^\s@]+@[^\s@.][^\s@]*\.[^\s@]*[^\s@.]$";
const QUEUE_ARN: &str = "^arn:aws[^:]*:sqs:[^:]+:[0-9]{12}:[^:]+$";
const FUNCTION_ARN: &str = "^arn:aws[^:]*:lambda:[^:]+:[0-9]{12}:function:[^:]+(:[^:]+)?$";
/// `Resource.Attribute`.
pub(super) const ATTRIBUTE: &str = r"^[A-Za-z0-9]+(\.[A-Za-z0-9]+)+$";
/// A parameter of Systems Manager, perhaps with its version.
pub(super) const PARAMETER: &str = "^[A-Za-z0-9._/-]+(:[0-9]+)?$";
/// What has a module and a function in it.
const HANDLER: &str = r"[^./]\.[^./]";
/// An IAM action.
pub(super) const ACTION: &str = r"^[a-z0-9-]+:[A-Za-z0-9*]+$";

/// A name of hyphenated words.
pub(super) fn kebab(longest: usize) -> Value {
    let limits = format!(
        "lower-case letters, digits and single hyphens, beginning with a letter, at most \
         {longest} characters"
    );
    json!({ "pattern": KEBAB, "maxLength": longest, "x-limits": limits })
}

pub(super) fn service_name(schema: &mut Schema) {
    fits(schema, kebab(SERVICE_NAME_MAX));
}

pub(super) fn env_name() -> Value {
    let mut name = kebab(ENV_NAME_MAX);
    name["not"] = json!({ "const": "local" });
    name
}

pub(super) fn job_type_name() -> Value {
    let limits = "lower-case letters, digits and underscores, beginning with a letter, at most \
                  64 characters";
    json!({ "pattern": JOB_TYPE, "x-limits": limits })
}

pub(super) fn variable_name() -> Value {
    let taken = [RESERVED_ENVIRONMENT, OWN_ENVIRONMENT].concat();
    let limits = "a letter, then letters, digits and underscores, at least two characters; none \
                  that Lambda or the tool sets itself";
    json!({ "pattern": VARIABLE, "not": { "enum": taken }, "x-limits": limits })
}

pub(super) fn account(schema: &mut Schema) {
    fits(schema, json!({ "pattern": ACCOUNT, "x-limits": "twelve digits" }));
}

pub(super) fn mail_address(schema: &mut Schema) {
    fits(schema, json!({ "pattern": MAIL_ADDRESS, "x-limits": "an e-mail address" }));
}

pub(super) fn issuer(schema: &mut Schema) {
    let limits = "begins with `https://`, unless it is on this machine";
    fits(schema, json!({ "pattern": ISSUER, "x-limits": limits }));
}

/// A standard queue.
pub(super) fn queue_arn(schema: &mut Schema) {
    let fifo = json!({ "pattern": r"\.fifo$" });
    let limits = "an SQS queue's ARN, and no FIFO queue's";
    fits(schema, json!({ "pattern": QUEUE_ARN, "not": fifo, "x-limits": limits }));
}

/// A function, or one of its versions.
pub(super) fn function_arn(schema: &mut Schema) {
    fits(schema, json!({ "pattern": FUNCTION_ARN, "x-limits": "a Lambda function's ARN" }));
}

/// A path that stays in the folder of the file that names it.
pub(super) fn path(schema: &mut Schema) {
    let leaving = json!({ "pattern": r"^/|(^|/)\.\.(/|$)" });
    fits(schema, json!({ "not": leaving, "x-limits": "a path that stays in the folder" }));
}

fn fits(schema: &mut Schema, rule: Value) {
    if let Value::Object(rule) = rule {
        schema.ensure_object().extend(rule);
    }
}

/// A type's own schema describes an object, and none of the fields that every job has.
pub(super) fn own_schema(schema: &mut Schema) {
    let mut properties = Map::new();
    properties.insert("$schema".into(), json!({ "const": crate::resolve::schema::DRAFT }));
    properties.insert("type".into(), json!({ "const": "object" }));
    let taken = json!({ "not": { "enum": scheduler_contract::CORE_FIELDS } });
    let fields = json!({ "propertyNames": taken, "additionalProperties": true });
    properties.insert("properties".into(), fields);
    schema.insert("properties".into(), Value::Object(properties));
}

/// What each kind of build reads: the keys that it needs, and those that it may have.
const BUILDS: &[(&str, &[&str], &[&str])] = &[
    ("rust", &[], &["bin", "inputs"]),
    ("command", &["run", "zip"], &["inputs"]),
    ("zip", &["zip"], &[]),
    ("python", &[], &["requirements", "inputs"]),
    ("node", &[], &["bundle", "inputs"]),
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

/// What exists already has no keys of a function that is built, and some runtimes need a handler.
pub(super) fn consumer(schema: &mut Schema) {
    let keys = keys_of(schema);
    let others = |own: &'static str| keys.iter().filter(move |key| *key != own);
    let handled = is("runtime", &json!({ "not": { "pattern": r"^provided\." } }));
    let chain = json!({
        "if": has("queue_arn"),
        "then": without(others("queue_arn"), &[]),
        "else": {
            "if": has("function_arn"),
            "then": without(others("function_arn"), &[]),
            "else": {
                "if": handled,
                "then": has("handler"),
                "additionalProperties": true,
            },
            "additionalProperties": true,
        },
    });
    conditions(schema, chain);
    let bounds = json!({
        "if": is("buffer", &json!({ "const": "none" })),
        "then": is_at("retries", &json!({ "maximum": RETRIES_DIRECT })),
        "else": is_at("concurrency", &json!({ "minimum": CONCURRENCY_QUEUED })),
        "additionalProperties": true,
    });
    fits(schema, json!({ "allOf": [bounds] }));
}

/// A tick goes one way.
pub(super) fn external_consumer(schema: &mut Schema) {
    fits(schema, json!({ "not": { "required": ["queue_arn", "function_arn"] } }));
}

/// What the runtimes of a kind's zips begin with, and what the function needs besides.
const FAMILIES: &[(&str, &str, &[&str])] = &[
    ("rust", r"^provided\.", &[]),
    ("python", "^python", &["handler"]),
    ("node", "^nodejs", &["handler"]),
];

/// A function has a build whose zip it can run, and a build has a function.
pub(super) fn plugin(schema: &mut Schema) {
    let external = json!({
        "anyOf": [{ "required": ["queue_arn"] }, { "required": ["function_arn"] }],
        "additionalProperties": true,
    });
    let external = is("consumer", &external);
    let any = json!({ "additionalProperties": true });
    let mut function = FAMILIES.iter().rfold(any, |rest, (kind, runtime, needed)| {
        let mut keys = json!({ "runtime": { "pattern": runtime } });
        for key in *needed {
            keys[*key] = json!({ "pattern": HANDLER });
        }
        json!({
            "if": is("build", &is("kind", &json!({ "const": kind }))),
            "then": is("consumer", &json!({
                "properties": keys, "required": needed, "additionalProperties": true,
            })),
            "else": rest,
            "additionalProperties": true,
        })
    });
    function["required"] = json!(["build"]);
    let chain = json!({
        "if": has("job_types"),
        "then": {
            "if": external,
            "then": without(["build".to_owned()].iter(), &[]),
            "else": {
                "if": has("consumer"),
                "then": function,
                "else": {
                    "if": has("build"),
                    "then": has("consumer"),
                    "additionalProperties": true,
                },
                "additionalProperties": true,
            },
            "additionalProperties": true,
        },
        "else": has("job_types"),
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

/// The schema of a table in which a value fits, where it is written.
fn is_at(key: &str, fits: &Value) -> Value {
    json!({ "properties": { key: fits }, "additionalProperties": true })
}

fn keys_of(schema: &Schema) -> Vec<String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.map(|keys| keys.keys().cloned().collect()).unwrap_or_default()
}

fn conditions(schema: &mut Schema, mut chain: Value) {
    if let Some(chain) = chain.as_object_mut() {
        // The table's own word on other keys stays.
        chain.remove("additionalProperties");
    }
    fits(schema, chain);
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
