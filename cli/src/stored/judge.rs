//! Which stored jobs a deploy would leave behind: pure.

use super::ports::key_of;
use scheduler_contract::{JobKey, Tick};
use scheduler_plan::sample::Fitting;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Job types that a deploy takes away or changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Types {
    /// The types that there are afterwards.
    wanted: BTreeSet<String>,
    /// Those whose jobs have to be looked at.
    changed: BTreeSet<String>,
    /// Whether a job may have a type that is gone.
    may_be_gone: bool,
}

impl Types {
    /// Compares job type -> schema; what was deployed may be unknown.
    #[must_use]
    pub fn between(deployed: Option<&Map<String, Value>>, wanted: &Map<String, Value>) -> Self {
        let is_changed = |name: &str, schema: &Value| {
            deployed.is_none_or(|deployed| deployed.get(name).is_some_and(|old| old != schema))
        };
        let changed = wanted.iter().filter(|(name, schema)| is_changed(name, schema));
        let is_gone = |name: &String| !wanted.contains_key(name);
        Self {
            wanted: wanted.keys().cloned().collect(),
            changed: changed.map(|(name, _)| name.clone()).collect(),
            may_be_gone: deployed.is_none_or(|deployed| deployed.keys().any(is_gone)),
        }
    }

    /// Whether no job can be left behind.
    #[must_use]
    pub fn are_kept(&self) -> bool {
        self.changed.is_empty() && !self.may_be_gone
    }
}

/// Jobs of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// How many.
    pub jobs: usize,
    /// One of them, and what is wrong with it.
    pub example: String,
}

/// What a deploy would leave behind, by job type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Jobs whose type would be gone.
    pub orphans: BTreeMap<String, Held>,
    /// Jobs that their type's new schema refuses.
    pub misfits: BTreeMap<String, Held>,
    /// The orphans' keys.
    pub keys: Vec<JobKey>,
}

/// Looks at one job after the other.
pub(super) struct Judge<'a> {
    types: &'a Types,
    schemas: BTreeMap<&'a str, Fitting>,
    findings: Findings,
}

impl<'a> Judge<'a> {
    pub(super) fn new(types: &'a Types, wanted: &'a Map<String, Value>) -> Self {
        let changed = wanted.iter().filter(|(name, _)| types.changed.contains(*name));
        // A schema that cannot be read was refused long before.
        let schemas = changed
            .filter_map(|(name, schema)| Some((name.as_str(), Fitting::to(schema).ok()?)))
            .collect();
        Self { types, schemas, findings: Findings::default() }
    }

    pub(super) fn look(&mut self, item: Map<String, Value>) {
        let (Some(key), Some(name)) = (key_of(&item), item.get("job_type").and_then(Value::as_str))
        else {
            return;
        };
        let name = name.to_owned();
        if !self.types.wanted.contains(&name) {
            note(&mut self.findings.orphans, name, key.to_string());
            self.findings.keys.push(key);
        } else if let Some(schema) = self.schemas.get(name.as_str())
            && let Ok(tick) = Tick::from_map(item)
            && let Err(why) = schema.holds(&Value::Object(tick.into_map()))
        {
            note(&mut self.findings.misfits, name, format!("{key}: {why}"));
        }
    }

    pub(super) fn findings(self) -> Findings {
        self.findings
    }
}

fn note(all: &mut BTreeMap<String, Held>, job_type: String, example: String) {
    all.entry(job_type).or_insert(Held { jobs: 0, example }).jobs += 1;
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn types(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn schema(own: &Value, required: &[&str]) -> Value {
        let mut properties = json!({
            "user_id": {"type": "string"}, "user_email": {"type": "string"},
            "job_id": {"type": "integer"}, "job_type": {"type": "string"},
            "sleep_time": {"type": "integer"},
        });
        for (name, value) in own.as_object().unwrap() {
            properties[name] = value.clone();
        }
        json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
            "properties": properties, "required": required, "additionalProperties": false})
    }

    fn item(id: u64, job_type: &str, own: &Value) -> Map<String, Value> {
        let mut item = json!({"user_id": "ada", "user_email": "a@example.com", "job_id": id,
            "job_type": job_type, "sleep_time": 60, "rev": 4, "enabled": true, "anchor": 1});
        for (name, value) in own.as_object().unwrap() {
            item[name] = value.clone();
        }
        item.as_object().unwrap().clone()
    }

    fn found(old: Option<&Value>, new: &Value, items: Vec<Map<String, Value>>) -> Findings {
        let (old, new) = (old.map(types), types(new));
        let types = Types::between(old.as_ref(), &new);
        let mut judge = Judge::new(&types, &new);
        items.into_iter().for_each(|item| judge.look(item));
        judge.findings()
    }

    #[test]
    fn a_type_more_leaves_no_job_behind() {
        let (ping, pong) = (schema(&json!({}), &[]), schema(&json!({"x": {}}), &["x"]));
        let old = types(&json!({"ping": ping}));
        let new = types(&json!({"ping": ping, "pong": pong}));
        assert!(Types::between(Some(&old), &new).are_kept());
        assert!(!Types::between(Some(&new), &old).are_kept());
        assert!(!Types::between(None, &new).are_kept());
    }

    #[test]
    fn jobs_of_a_type_that_goes_are_counted() {
        let ping = schema(&json!({}), &[]);
        let old = json!({"ping": ping, "pong": ping});
        let counter = types(&json!({"user_id": "ada", "job_id": -1, "next_job_id": 3}));
        let none = json!({});
        let items =
            vec![item(0, "ping", &none), item(1, "pong", &none), item(2, "pong", &none), counter];
        let found = found(Some(&old), &json!({"ping": ping}), items);
        let held = Held { jobs: 2, example: "ada-1".into() };
        assert_eq!(found.orphans, BTreeMap::from([("pong".to_owned(), held)]));
        assert_eq!(found.keys.len(), 2);
        assert_eq!(found.misfits, BTreeMap::new());
    }

    #[test]
    fn jobs_that_a_new_schema_refuses_are_counted_with_the_reason() {
        let old = json!({"ping": schema(&json!({"url": {}}), &[])});
        let new = json!({"ping": schema(&json!({"url": {"type": "string"}}), &["url"])});
        let items = vec![
            item(0, "ping", &json!({"url": "https://a.example"})),
            item(1, "ping", &json!({"url": 7})),
            item(2, "ping", &json!({})),
        ];
        let found = found(Some(&old), &new, items);
        assert_eq!(found.misfits["ping"].jobs, 2);
        assert!(found.misfits["ping"].example.starts_with("ada-1: `/url`"), "{found:?}");
    }
}
