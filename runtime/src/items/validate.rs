//! A job against the merged schema of its type: JSON pointer -> sentence.
//!
//! `boon` (draft 2020-12, formats asserted) does the judging; here its tree of errors becomes a
//! flat list for people. A schema is compiled when a job of its type is written: that is rare
//! and takes about a millisecond.

use super::answer::FieldErrors;
use super::places::places;
use super::sentence;
use boon::{Compiler, Draft, ErrorKind, InstanceToken, SchemaIndex, Schemas, ValidationError};
use scheduler_contract::{CORE_FIELDS, TICK_FIELDS};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A schema that cannot be used: the plugin's fault, found by `scheduler check`.
#[derive(Debug, thiserror::Error)]
#[error("its schema is not usable: {0}")]
pub(crate) struct SchemaError(String);

const LOCATION: &str = "urn:scheduler:job";

pub(crate) fn check(schema: &Value, job: &Value) -> Result<FieldErrors, SchemaError> {
    let mut schemas = Schemas::new();
    let index = compile(schema, &mut schemas)?;
    let mut found = Found::default();
    if let Err(error) = schemas.validate(job, index) {
        found.collect(&error);
    }
    Ok(found.errors(schema, job))
}

fn compile(schema: &Value, schemas: &mut Schemas) -> Result<SchemaIndex, SchemaError> {
    let mut compiler = Compiler::new();
    compiler.set_default_draft(Draft::V2020_12);
    compiler.enable_format_assertions();
    let added = compiler.add_resource(LOCATION, schema.clone());
    added.map_err(|error| SchemaError(error.to_string()))?;
    let compiled = compiler.compile(LOCATION, schemas);
    compiled.map_err(|error| SchemaError(error.to_string()))
}

#[derive(Default)]
struct Found {
    wrong: FieldErrors,
    unknown: BTreeSet<String>,
    /// Names that are not allowed, by the part of the schema that says so.
    names: BTreeMap<String, BTreeSet<String>>,
}

impl Found {
    fn collect(&mut self, error: &ValidationError<'_, '_>) {
        let at = error.instance_location.to_string();
        match &error.kind {
            ErrorKind::FalseSchema if at_property(error) => {
                self.unknown.insert(at);
            }
            ErrorKind::AdditionalProperties { got } => {
                let names = got.iter().map(|name| child(&at, name));
                self.unknown.extend(names);
            }
            // Which of several forms was meant is the caller's to know.
            ErrorKind::AnyOf | ErrorKind::OneOf(_) | ErrorKind::Not | ErrorKind::Contains => {
                self.note(at, sentence::of(&error.kind));
            }
            ErrorKind::Required { want } => self.missing(&at, want, "is required"),
            ErrorKind::DependentRequired { prop, missing }
            | ErrorKind::Dependency { prop, missing } => {
                let problem = format!("is required where `{prop}` is given");
                self.missing(&at, missing, &problem);
            }
            ErrorKind::PropertyName { prop } => {
                let part = self.names.entry(error.schema_url.to_owned());
                part.or_default().insert(prop.clone());
            }
            kind if error.causes.is_empty() => self.note(at, sentence::of(kind)),
            _ => error.causes.iter().for_each(|cause| self.collect(cause)),
        }
    }

    fn missing(&mut self, at: &str, names: &[&str], problem: &str) {
        for name in names {
            // The core adds these to its answers; nobody writes them.
            let is_core = CORE_FIELDS.contains(name) && !TICK_FIELDS.contains(name);
            if !(at.is_empty() && is_core) {
                self.note(child(at, name), problem.to_owned());
            }
        }
    }

    fn note(&mut self, at: String, problem: String) {
        self.wrong.entry(at).or_insert(problem);
    }

    /// A field that fails within `allOf` or `$ref` counts as "not evaluated" as well: a field
    /// that the schema names is only called unknown where nothing else is wrong.
    fn errors(mut self, schema: &Value, job: &Value) -> FieldErrors {
        for (part, names) in std::mem::take(&mut self.names) {
            let mut places = places((schema, &part), job, &names);
            if places.is_empty() {
                // A part that is referred to by a name of its own: the property's name alone is better than nothing.
                places.extend(names.iter().map(|name| child("", name)));
            }
            for place in places {
                self.note(place, "is not an allowed name".to_owned());
            }
        }
        let mut named = BTreeSet::new();
        if !self.wrong.is_empty() {
            property_names(schema, &mut named);
        }
        let mut errors = self.wrong;
        for pointer in self.unknown {
            let name = pointer.rsplit('/').next().unwrap_or_default();
            if !named.contains(name) {
                errors.entry(pointer).or_insert_with(|| "is not a known field".to_owned());
            }
        }
        errors
    }
}

fn at_property(error: &ValidationError<'_, '_>) -> bool {
    let last = error.instance_location.tokens.last();
    matches!(last, Some(InstanceToken::Prop(_)))
}

fn property_names(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Object(properties)) = object.get("properties") {
                names.extend(properties.keys().map(|name| escape(name)));
            }
            object.values().for_each(|inner| property_names(inner, names));
        }
        Value::Array(list) => list.iter().for_each(|inner| property_names(inner, names)),
        _ => {}
    }
}

/// The pointer to a property or an entry.
pub(super) fn child(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", escape(name))
}

/// A name as a token of a JSON pointer (RFC 6901).
pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(schema: &Value, job: &Value) -> Vec<String> {
        check(schema, job).unwrap().into_keys().collect()
    }

    #[test]
    fn a_name_that_is_not_allowed_is_told_with_its_whole_path() {
        let names = json!({"type": "object", "propertyNames": {"pattern": "^[a-z]+$"}});
        let schema = json!({"properties": {
            "headers": names, "größe": {"properties": {"a/b": names}}, "any": {},
            "list": {"type": "array", "items": {"$ref": "#/$defs/names"}},
        }, "patternProperties": {"^x": {"allOf": [{"$ref": "#/$defs/names"}]}},
            "$defs": {"names": names}});
        let one = json!({"headers": {"Host": "a", "accept": "b"}});
        assert_eq!(refused(&schema, &one), ["/headers/Host"]);
        let many = json!({"headers": {"Host": 1}, "any": {"Host": 1}, "größe": {"a/b": {"Host": 1}},
            "list": [{"host": 1}, {"Host": 1, "~": 1}], "xs": {"Host": 1}});
        let wanted =
            ["/größe/a~1b/Host", "/headers/Host", "/list/1/Host", "/list/1/~0", "/xs/Host"];
        assert_eq!(refused(&schema, &many), wanted);
    }

    #[test]
    fn names_of_the_job_itself_and_of_schemas_in_a_circle_have_their_paths() {
        let names = json!({"propertyNames": {"maxLength": 3},
            "additionalProperties": {"$ref": "#"}});
        assert_eq!(refused(&names, &json!({"long": 1})), ["/long"]);
        assert_eq!(refused(&names, &json!({"a": {"b": {"long": {}}}})), ["/a/b/long"]);
        let elsewhere = json!({"properties": {"a": {"$ref": "#short"}},
            "$defs": {"b": {"$anchor": "short", "propertyNames": {"maxLength": 3}}}});
        assert_eq!(refused(&elsewhere, &json!({"a": {"long": 1}})), ["/long"]);
    }
}
