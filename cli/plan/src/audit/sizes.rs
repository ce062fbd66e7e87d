//! Sizes of a whole template, and AWS's limits on them and on all templates together.

use crate::limits::{
    DYNAMIC_REFERENCES, TEMPLATE_BYTES, TEMPLATE_OUTPUTS, TEMPLATE_PARAMETERS, TEMPLATE_RESOURCES,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How much of everything a template has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sizes {
    /// CloudFormation's type -> how many.
    pub resources: BTreeMap<String, usize>,
    /// Of the text.
    pub bytes: usize,
    /// Outputs.
    pub outputs: usize,
    /// Parameters.
    pub parameters: usize,
    /// `{{resolve:...}}`.
    pub dynamic_references: usize,
    /// Subscriptions to the distribution topic that have a filter policy.
    pub filtered_subscriptions: usize,
}

impl Sizes {
    /// Of a template and its text; `topic` is what it calls the distribution topic.
    #[must_use]
    pub fn of(body: &Value, text: &str, topic: &str) -> Self {
        let section = |name: &str| body.get(name).and_then(Value::as_object);
        let count = |name: &str| section(name).map_or(0, Map::len);
        let mut sizes = Self {
            bytes: text.len(),
            outputs: count("Outputs"),
            parameters: count("Parameters"),
            dynamic_references: text.matches("{{resolve:").count(),
            ..Self::default()
        };
        for one in section("Resources").into_iter().flat_map(Map::values) {
            let kind = one["Type"].as_str().unwrap_or_default();
            *sizes.resources.entry(kind.to_owned()).or_default() += 1;
            let filters = kind == "AWS::SNS::Subscription" && is_filtered(one, topic);
            sizes.filtered_subscriptions += usize::from(filters);
        }
        sizes
    }

    /// All resources.
    #[must_use]
    pub fn total(&self) -> usize {
        self.resources.values().sum()
    }

    /// What CloudFormation would not take of it, in words that follow the template's name.
    #[must_use]
    pub fn over(&self) -> Vec<String> {
        let all = [
            (self.total(), TEMPLATE_RESOURCES, "resources"),
            (self.bytes, TEMPLATE_BYTES, "bytes"),
            (self.outputs, TEMPLATE_OUTPUTS, "outputs"),
            (self.parameters, TEMPLATE_PARAMETERS, "parameters"),
            (self.dynamic_references, DYNAMIC_REFERENCES, "references to parameters of SSM"),
        ];
        let over = all.into_iter().filter(|(found, allowed, _)| found > allowed);
        over.map(|(found, allowed, of)| {
            format!("would have {found} {of}; CloudFormation takes {allowed} a stack")
        })
        .collect()
    }
}

fn is_filtered(subscription: &Value, topic: &str) -> bool {
    let properties = &subscription["Properties"];
    properties["TopicArn"]["Ref"] == topic && !properties["FilterPolicy"].is_null()
}
