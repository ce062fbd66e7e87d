//! The whole JSON Schema of a job: the type's own fields, the core's, and nothing else.

mod faults;
mod own;
mod places;

pub(crate) use own::OwnSchema;

use super::Findings;
use crate::code::Code;
use crate::names::JobType;
use crate::problem::Problem;
use faults::{faults, misfits};
use scheduler_contract::{CORE_FIELDS, SLEEP_TIME_MAX};
use serde_json::{Map, Value, json};

/// The draft that job schemas are written in.
pub const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Keywords that bring in fields from elsewhere in the schema: `additionalProperties` does not
/// see those, `unevaluatedProperties` does.
const APPLICATORS: &[&str] =
    &["$dynamicRef", "$ref", "allOf", "anyOf", "dependentSchemas", "else", "if", "oneOf", "then"];

/// The whole schema of a job type. Problems with the type's own part are told.
pub(crate) fn whole(
    name: &JobType,
    title: Option<&str>,
    own: &OwnSchema<'_>,
    findings: &mut Findings,
) -> Value {
    let Some(fields) = object(own, findings) else {
        return Value::Bool(true);
    };
    if let Some(draft) = fields.get("$schema").filter(|draft| **draft != *DRAFT) {
        let what = format!("the schema says `$schema: {draft}`; job schemas are draft 2020-12");
        findings.push(Problem::error(Code::SchemaDraft, own.at(&["$schema"]), what).hint(DRAFT));
    }
    for (field, path) in shadowed(&fields) {
        let what = format!("the schema defines `{field}`, which every job has already");
        findings.push(
            Problem::error(Code::SchemaCoreField, own.at(&path), what).hint("rename the field"),
        );
    }
    let alone = alone(&fields);
    let whole = Value::Object(merged(name, title, fields));
    let found = faults(&alone);
    // The core fields are right: with the own ones alone there is half as much to look at. Only
    // where those refer to the core's, the whole knows better.
    if !found.is_empty() && !faults(&whole).is_empty() {
        for fault in &found {
            let path: Vec<_> = fault.path.iter().map(String::as_str).collect();
            let what = format!("no valid JSON Schema: {}", fault.why);
            findings.error(Code::SchemaInvalid, own.at(&path), what);
        }
    }
    if found.is_empty() {
        for fault in misfits(&alone) {
            let path: Vec<_> = fault.path.iter().map(String::as_str).collect();
            let problem = Problem::error(Code::SchemaInvalid, own.at(&path), fault.why);
            findings.push(problem.hint("give a default that the field's own schema allows"));
        }
    }
    whole
}

/// The own schema as the whole one reads it.
fn alone(fields: &Map<String, Value>) -> Value {
    let mut fields = fields.clone();
    fields.insert("$schema".into(), json!(DRAFT));
    Value::Object(fields)
}

/// The own schema as an object whose root says what a job has.
fn object(own: &OwnSchema<'_>, findings: &mut Findings) -> Option<Map<String, Value>> {
    let fields = match &own.value {
        Value::Bool(true) => Map::new(),
        Value::Object(fields) => inlined(fields),
        other => {
            let what = format!("a job's schema is an object, and this is `{other}`");
            findings.error(Code::SchemaNotObject, own.at(&[]), what);
            return None;
        }
    };
    match fields.get("type") {
        None => Some(fields),
        Some(kind) if kind == "object" => Some(fields),
        Some(kind) => {
            let what = format!("a job is an object, and the schema says `type: {kind}`");
            findings.push(
                Problem::error(Code::SchemaNotObject, own.at(&["type"]), what)
                    .hint("say `type: object`"),
            );
            None
        }
    }
}

/// What generators write as `{"$ref": "#/$defs/Job", "$defs": ...}` is meant as the definition
/// itself: the core fields have to stand beside its fields.
fn inlined(fields: &Map<String, Value>) -> Map<String, Value> {
    let target = fields
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|path| path.strip_prefix("#/$defs/"))
        .and_then(|name| fields.get("$defs")?.get(name)?.as_object());
    let Some(target) = target else {
        return fields.clone();
    };
    let mut whole = target.clone();
    let rest = fields.iter().filter(|(key, _)| *key != "$ref");
    whole.extend(rest.map(|(key, value)| (key.clone(), value.clone())));
    whole
}

/// The core fields that a schema defines, each with the path to its definition.
fn shadowed(fields: &Map<String, Value>) -> Vec<(&'static str, Vec<&'static str>)> {
    let own = |field: &str| fields.get("properties").is_some_and(|own| own.get(field).is_some());
    let branches = fields.get("allOf").and_then(Value::as_array);
    let inner = |field: &str| {
        branches.into_iter().flatten().any(|branch| branch["properties"].get(field).is_some())
    };
    let path = |field: &&'static str| match (own(field), inner(field)) {
        (true, _) => Some((*field, vec!["properties", *field])),
        (false, true) => Some((*field, vec!["allOf"])),
        (false, false) => None,
    };
    CORE_FIELDS.iter().filter_map(path).collect()
}

fn merged(name: &JobType, title: Option<&str>, own: Map<String, Value>) -> Map<String, Value> {
    let mut whole = own;
    let own_required = whole.remove("required");
    let mut required = vec![json!("job_type"), json!("sleep_time")];
    required.extend(own_required.as_ref().and_then(Value::as_array).cloned().unwrap_or_default());
    let properties = whole.entry("properties").or_insert_with(|| json!({}));
    if let (Some(properties), Value::Object(core)) = (properties.as_object_mut(), core(name)) {
        properties.extend(core);
    }
    whole.insert("$schema".into(), json!(DRAFT));
    whole.insert("type".into(), json!("object"));
    whole.insert("required".into(), Value::Array(required));
    if let Some(title) = title {
        whole.insert("title".into(), json!(title));
    }
    close(&mut whole);
    whole
}

/// Unknown fields are refused, also where the schema does not say so.
fn close(whole: &mut Map<String, Value>) {
    let open = |schema: Option<&Value>| schema.is_none_or(|schema| *schema == Value::Bool(true));
    if APPLICATORS.iter().any(|keyword| whole.contains_key(*keyword)) {
        if open(whole.get("additionalProperties")) && open(whole.get("unevaluatedProperties")) {
            whole.remove("additionalProperties");
            whole.insert("unevaluatedProperties".into(), json!(false));
        }
    } else if open(whole.get("additionalProperties")) {
        whole.insert("additionalProperties".into(), json!(false));
    }
}

/// The fields that every job has. What the server decides is `readOnly`.
fn core(name: &JobType) -> Value {
    json!({
        "user_id": {"type": "string", "readOnly": true, "title": "Owner"},
        "user_email": {"type": "string", "format": "email", "readOnly": true, "title": "E-mail"},
        "job_id": {"type": "integer", "minimum": 0, "readOnly": true, "title": "Number"},
        "job_type": {"const": name.as_str(), "title": "Type"},
        "sleep_time": {
            "type": "integer", "minimum": 1, "maximum": SLEEP_TIME_MAX, "title": "Interval",
            "description": "Seconds between two runs, rounded up to whole minutes",
        },
        "enabled": {"type": "boolean", "readOnly": true, "title": "Enabled"},
        "rev": {"type": "integer", "minimum": 0, "readOnly": true, "title": "Revision"},
        "next_run": {
            "type": ["integer", "null"], "readOnly": true, "title": "Next run",
            "description": "Seconds since 1970; null while paused",
        },
    })
}
