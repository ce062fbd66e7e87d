//! Who gets the ticks of which job type: the rule of the topic's filters.

use std::collections::BTreeMap;

/// Job type -> consumers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subscriptions {
    by_type: BTreeMap<String, Vec<String>>,
}

impl Subscriptions {
    /// Lets a consumer have the ticks of a type.
    pub fn add(&mut self, job_type: &str, consumer: &str) {
        let consumers = self.by_type.entry(job_type.to_owned()).or_default();
        if !consumers.iter().any(|known| known == consumer) {
            consumers.push(consumer.to_owned());
        }
    }

    /// Whether this is the name of one of the consumers.
    pub(super) fn has(&self, consumer: &str) -> bool {
        self.by_type.values().flatten().any(|known| known == consumer)
    }

    /// The consumers of a type.
    pub(super) fn of(&self, job_type: &str) -> &[String] {
        self.by_type.get(job_type).map_or(&[], Vec::as_slice)
    }
}
