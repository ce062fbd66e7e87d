//! Which jobs are there already: a file that is read twice creates each of its jobs once.
//!
//! Jobs are told apart by what they do: type, interval and own fields. Ids say nothing, for each
//! user of each env counts its own; and whether a job is paused is for its user to say.

use super::client::Job;
use scheduler_contract::{CORE_FIELDS, apply_defaults};
use scheduler_plan::template::canonical;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// The jobs of an API, each to be taken once.
#[derive(Debug)]
pub struct Known {
    left: HashMap<String, usize>,
    types: Map<String, Value>,
}

impl Known {
    /// These jobs; the types' schemas say what stands for a field that is left out.
    #[must_use]
    pub fn new(jobs: &[Job], types: Map<String, Value>) -> Self {
        let mut left = HashMap::new();
        for job in jobs {
            *left.entry(content(job, &types)).or_insert(0) += 1;
        }
        Self { left, types }
    }

    /// Whether such a job is there; the next one of the same content is another.
    pub fn take(&mut self, job: &Job) -> bool {
        match self.left.get_mut(&content(job, &self.types)) {
            Some(count @ 1..) => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }
}

fn content(job: &Job, types: &Map<String, Value>) -> String {
    let mut own = job.clone();
    own.retain(|name, _| !CORE_FIELDS.contains(&name.as_str()));
    let schema = job.get("job_type").and_then(Value::as_str).and_then(|name| types.get(name));
    if let Some(schema) = schema {
        apply_defaults(schema, &mut own);
    }
    // `60.0` is the integer 60.
    let every = job.get("sleep_time").and_then(Value::as_f64);
    canonical(&json!([job.get("job_type"), every, own]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(value: &Value) -> Job {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_job_is_known_by_what_it_does_and_taken_once() {
        let types = json!({"ping": {"properties": {"depth": {"default": 1}}}});
        let there = job(&json!({"job_id": 3, "job_type": "ping", "sleep_time": 60, "rev": 4,
            "enabled": false, "url": "a", "depth": 1}));
        let mut known = Known::new(&[there.clone(), there], job(&types));
        let same = job(&json!({"job_type": "ping", "sleep_time": 60.0, "url": "a"}));
        let other = job(&json!({"job_type": "ping", "sleep_time": 60, "url": "a", "depth": 2}));
        assert!(!known.take(&other));
        assert!(known.take(&same) && known.take(&same));
        assert!(!known.take(&same));
    }

    #[test]
    fn what_the_api_puts_in_deeper_is_no_difference_either() {
        let types = json!({"ping": {
            "$defs": {"how": {"properties": {"tries": {"default": 3}}}},
            "properties": {"how": {"$ref": "#/$defs/how"}},
        }});
        let there = json!({"job_type": "ping", "sleep_time": 60, "how": {"tries": 3}});
        let mut known = Known::new(&[job(&there)], job(&types));
        let same = json!({"job_type": "ping", "sleep_time": 60, "how": {}});
        assert!(known.take(&job(&same)));
    }
}
