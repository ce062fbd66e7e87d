//! Templates as they are before anything is built: the keys of the zips are not known yet, all else
//! is. What can be said of a template can be said of its draft.

use super::fragment::TOPIC_PARAMETER;
use crate::audit::{Finding, Sizes, audit};
use crate::template::canonical;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The drafts of all templates of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drafts {
    /// The root stack's.
    pub root: Draft,
    /// A nested stack a plugin that has anything to create, by plugin name.
    pub plugins: BTreeMap<String, Draft>,
}

/// The draft of one template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Canonical JSON, with zeros where a key or a digest belongs that is not known yet.
    pub(super) text: String,
    /// Whether the stack has the topic's ARN as its parameter.
    pub(super) takes_topic: bool,
    /// How much of everything it has.
    pub sizes: Sizes,
    /// What is wrong with its resources.
    pub findings: Vec<Finding>,
}

impl Draft {
    /// Of what was rendered; `topic` is what it calls the distribution topic.
    pub(super) fn of(body: Map<String, Value>, topic: &str) -> Self {
        let findings = audit(&body);
        let parameters = body.get("Parameters");
        let takes_topic = parameters.is_some_and(|all| all.get(TOPIC_PARAMETER).is_some());
        let body = Value::Object(body);
        let text = canonical(&body);
        let sizes = Sizes::of(&body, &text, topic);
        Self { text, takes_topic, sizes, findings }
    }
}
