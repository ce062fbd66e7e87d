//! What a job type's schema puts into a job that is made without it.

use crate::CORE_FIELDS;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ptr;

/// How many defaults are put into each other: a schema may refer to itself.
const NESTED: usize = 4;

/// Puts in every `default` that the job lacks, in the job itself and in the objects and lists that
/// it has or is given. A field's default stands at its own schema, behind a `$ref` into the same
/// document, or in a part of `allOf`; the nearest counts. What `anyOf`, `oneOf`, `if` and the like
/// say is not looked at: which of them holds is known only once the job is whole.
pub fn apply_defaults(schema: &Value, job: &mut Map<String, Value>) {
    let lacked: Vec<_> = CORE_FIELDS.iter().filter(|field| !job.contains_key(**field)).collect();
    Defaults { root: schema }.object(&[schema], job, 0);
    lacked.into_iter().for_each(|field| drop(job.remove(*field)));
}

struct Defaults<'a> {
    root: &'a Value,
}

impl<'a> Defaults<'a> {
    /// An object that all of these schemas speak of; `nested` counts the defaults that it lies in.
    fn object(&self, schemas: &[&'a Value], object: &mut Map<String, Value>, nested: usize) {
        let mut fields: BTreeMap<&String, Vec<&Value>> = BTreeMap::new();
        for (field, own) in self.parts(schemas).into_iter().flat_map(properties) {
            fields.entry(field).or_default().push(own);
        }
        for (field, own) in fields {
            let given = !object.contains_key(field);
            if given && let Some(default) = self.default(&own) {
                object.insert(field.clone(), default.clone());
            }
            let nested = nested + usize::from(given);
            if let Some(value) = object.get_mut(field).filter(|_| nested <= NESTED) {
                self.value(&own, value, nested);
            }
        }
    }

    fn value(&self, schemas: &[&'a Value], value: &mut Value, nested: usize) {
        match value {
            Value::Object(object) => self.object(schemas, object, nested),
            Value::Array(items) => {
                let parts = self.parts(schemas);
                for (nth, item) in items.iter_mut().enumerate() {
                    let own = parts.iter().filter_map(|part| {
                        let first = part.get("prefixItems").and_then(|first| first.get(nth));
                        first.or_else(|| part.get("items"))
                    });
                    self.value(&own.collect::<Vec<_>>(), item, nested);
                }
            }
            _ => {}
        }
    }

    fn default(&self, schemas: &[&'a Value]) -> Option<&'a Value> {
        self.parts(schemas).into_iter().find_map(|part| part.get("default"))
    }

    /// The schemas, what they refer to, and all that it must be as well; each once, the nearest
    /// first.
    fn parts(&self, schemas: &[&'a Value]) -> Vec<&'a Value> {
        let mut parts = schemas.to_vec();
        let mut looked_at = 0;
        while let Some(part) = parts.get(looked_at).copied() {
            looked_at += 1;
            let target = part.get("$ref").and_then(Value::as_str).and_then(|to| self.target(to));
            let all = part.get("allOf").and_then(Value::as_array).into_iter().flatten();
            for more in target.into_iter().chain(all) {
                if !parts.iter().any(|known| ptr::eq(*known, more)) {
                    parts.push(more);
                }
            }
        }
        parts
    }

    /// `#`, `#/path/to/it`, or `#anchor` of a definition.
    fn target(&self, reference: &str) -> Option<&'a Value> {
        let fragment = reference.strip_prefix('#')?;
        if fragment.is_empty() || fragment.starts_with('/') {
            return self.root.pointer(fragment);
        }
        let definitions = self.root.get("$defs")?.as_object()?;
        definitions.values().find(|one| one.get("$anchor").is_some_and(|name| name == fragment))
    }
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(schema: &Value, job: Value) -> Value {
        let Value::Object(mut job) = job else { return Value::Null };
        apply_defaults(schema, &mut job);
        Value::Object(job)
    }

    #[test]
    fn a_default_stands_at_a_field_behind_a_reference_or_in_a_part() {
        let schema = json!({
            "$defs": {
                "level": {"enum": ["low", "high"], "default": "low"},
                "named": {"$anchor": "tries", "type": "integer", "default": 3},
                "more": {"properties": {"more": {"default": [1]}}},
            },
            "properties": {
                "own": {"default": null},
                "level": {"$ref": "#/$defs/level"},
                "loud": {"$ref": "#/$defs/level", "default": "high"},
                "tries": {"allOf": [{"$ref": "#tries"}]},
                "none": {"type": "string"},
            },
            "allOf": [{"$ref": "#/$defs/more"}, {"properties": {"part": {"default": true}}}],
        });
        let whole = json!({"own": null, "level": "low", "loud": "high", "tries": 3, "more": [1],
            "part": true});
        assert_eq!(with(&schema, json!({})), whole);
        let said = json!({"own": 1, "level": "high", "loud": "low", "tries": 1, "more": [],
            "part": false, "none": "x"});
        assert_eq!(with(&schema, said.clone()), said);
    }

    #[test]
    fn objects_and_lists_of_a_job_get_theirs_and_none_is_made_up() {
        let schema = json!({
            "$defs": {"step": {"properties": {"wait": {"default": 5}}}},
            "properties": {
                "retry": {"default": {}, "properties": {"times": {"default": 2}}},
                "login": {"properties": {"user": {"default": "me"}}},
                "steps": {"items": {"$ref": "#/$defs/step"}},
                "pair": {"prefixItems": [true, {"$ref": "#/$defs/step"}], "items": false},
            },
        });
        assert_eq!(with(&schema, json!({})), json!({"retry": {"times": 2}}));
        let job = json!({"login": {}, "retry": {"times": 9}, "steps": [{}, {"wait": 1}, 7],
            "pair": [{}, {}]});
        let whole = json!({"login": {"user": "me"}, "retry": {"times": 9},
            "steps": [{"wait": 5}, {"wait": 1}, 7], "pair": [{}, {"wait": 5}]});
        assert_eq!(with(&schema, job), whole);
    }

    #[test]
    fn choices_are_left_alone_and_so_are_the_fields_of_every_job() {
        let branch = json!({"properties": {"a": {"default": 1}}});
        let schema = json!({"anyOf": [branch], "oneOf": [branch], "if": true, "then": branch,
            "properties": {"enabled": {"default": false}, "user_id": {"default": "x"}}});
        assert_eq!(with(&schema, json!({"user_id": "u"})), json!({"user_id": "u"}));
    }

    #[test]
    fn a_schema_that_is_its_own_default_comes_to_an_end() {
        let next = json!({"$ref": "#", "default": {}});
        let schema = json!({"$ref": "#", "allOf": [{"$ref": "#"}, {"properties": {"next": next}}],
            "properties": {"next": next, "other": next}});
        let whole = with(&schema, json!({}));
        assert!(whole.pointer("/next/next/other/next").is_some());
        assert!(whole.to_string().len() < 10_000, "{whole}");
    }
}
