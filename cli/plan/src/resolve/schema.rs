//! The whole JSON Schema of a job: the type's own fields, the core's, and nothing else.

use super::Findings;
use crate::code::Code;
use crate::names::JobType;
use crate::problem::{Place, Problem};
use boon::{CompileError, Compiler, Schemas, SchemeUrlLoader};
use scheduler_contract::{CORE_FIELDS, SLEEP_TIME_MAX};
use serde_json::{Map, Value, json};

/// The draft that job schemas are written in.
pub const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Keywords that bring in fields from elsewhere in the schema: `additionalProperties` does not
/// see those, `unevaluatedProperties` does.
const APPLICATORS: &[&str] =
    &["$dynamicRef", "$ref", "allOf", "anyOf", "dependentSchemas", "else", "if", "oneOf", "then"];

/// A type's own schema, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct OwnSchema {
    value: Value,
    place: Place,
    /// The text of a file of its own: places in it can be told.
    text: Option<String>,
}

impl OwnSchema {
    /// Written in a manifest.
    pub(crate) fn inline(value: Value, place: Place) -> Self {
        Self { value, place, text: None }
    }

    /// In a file of its own.
    pub(crate) fn file(value: Value, path: &str, text: &str) -> Self {
        Self { value, place: Place::file(path), text: Some(text.into()) }
    }

    /// The place of the first mention of a key, where the schema has a file.
    fn mention(&self, key: &str) -> Place {
        let quoted = format!("\"{key}\"");
        match self.text.as_ref().and_then(|text| text.find(&quoted).map(|at| (text, at))) {
            Some((text, at)) => Place::at(&self.place.path, text, at),
            None => self.place.clone(),
        }
    }
}

/// The whole schema of a job type. Problems with the type's own part are told.
pub(crate) fn whole(
    name: &JobType,
    title: Option<&str>,
    own: &OwnSchema,
    findings: &mut Findings,
) -> Value {
    let Some(fields) = object(own, findings) else {
        return Value::Bool(true);
    };
    if let Some(draft) = fields.get("$schema").filter(|draft| **draft != *DRAFT) {
        let what = format!("the schema says `$schema: {draft}`; job schemas are draft 2020-12");
        findings.push(Problem::error(Code::SchemaDraft, own.mention("$schema"), what).hint(DRAFT));
    }
    let shadows = shadowed(&fields);
    for field in &shadows {
        let what = format!("the schema defines `{field}`, which every job has already");
        findings.push(
            Problem::error(Code::SchemaCoreField, own.mention(field), what)
                .hint("rename the field"),
        );
    }
    let whole = Value::Object(merged(name, title, fields));
    if shadows.is_empty()
        && let Err(fault) = compiles(&whole)
    {
        let what = format!("no valid JSON Schema: {}", fault.why);
        findings.error(Code::SchemaInvalid, own.mention(&fault.key), what);
    }
    whole
}

/// The own schema as an object whose root says what a job has.
fn object(own: &OwnSchema, findings: &mut Findings) -> Option<Map<String, Value>> {
    let fields = match &own.value {
        Value::Bool(true) => Map::new(),
        Value::Object(fields) => inlined(fields),
        other => {
            let what = format!("a job's schema is an object, and this is `{other}`");
            findings.error(Code::SchemaNotObject, own.place.clone(), what);
            return None;
        }
    };
    match fields.get("type") {
        None => Some(fields),
        Some(kind) if kind == "object" => Some(fields),
        Some(kind) => {
            let what = format!("a job is an object, and the schema says `type: {kind}`");
            findings.push(
                Problem::error(Code::SchemaNotObject, own.mention("type"), what)
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

fn shadowed(fields: &Map<String, Value>) -> Vec<&'static str> {
    let branches = fields.get("allOf").and_then(Value::as_array).into_iter().flatten();
    let properties = |schema: &Value, field: &str| schema["properties"].get(field).is_some();
    let branches: Vec<_> = branches.collect();
    let defined = |field: &&&str| {
        fields.get("properties").is_some_and(|own| own.get(**field).is_some())
            || branches.iter().any(|branch| properties(branch, field))
    };
    CORE_FIELDS.iter().filter(defined).copied().collect()
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

/// The address of the schema while it is looked at: no file, and no place on the network.
const ADDRESS: &str = "schema:///job";

/// What makes a schema unusable, and the key that it stands under.
struct Fault {
    why: String,
    key: String,
}

/// Whether a schema can be used, without ever looking outside of it.
fn compiles(schema: &Value) -> Result<(), Fault> {
    let mut compiler = Compiler::new();
    compiler.use_loader(Box::new(SchemeUrlLoader::new()));
    compiler.enable_format_assertions();
    compiler.add_resource(ADDRESS, schema.clone()).map_err(|error| fault(&error))?;
    compiler.compile(ADDRESS, &mut Schemas::new()).map(|_| ()).map_err(|error| fault(&error))
}

fn fault(error: &CompileError) -> Fault {
    let local = |url: &str| url.trim_start_matches(ADDRESS).to_owned();
    let reference = |why: String| Fault { why, key: "$ref".into() };
    match error {
        CompileError::ValidationError { src, .. } => innermost(src),
        CompileError::JsonPointerNotFound(url) => {
            reference(format!("`{}` points at nothing", local(url)))
        }
        CompileError::LoadUrlError { url, .. } | CompileError::UnsupportedUrlScheme { url } => {
            let url = local(url);
            reference(format!("`{url}` lies outside of the schema; put it under `$defs`"))
        }
        other => reference(other.to_string().replace(ADDRESS, "")),
    }
}

/// The deepest cause says what is wrong; what stands above it says only that something is.
fn innermost(error: &boon::ValidationError<'_, '_>) -> Fault {
    if let Some(cause) = error.causes.first() {
        return innermost(cause);
    }
    let pointer = error.instance_location.to_string();
    let key = pointer.rsplit('/').next().unwrap_or_default().to_owned();
    let kind = error.kind.to_string();
    // A bad pattern is drawn over several lines; the last one says what is wrong.
    let kind = kind.lines().next_back().unwrap_or_default();
    Fault { why: format!("{kind} at `{pointer}`"), key }
}
