//! A plugin's own infrastructure: its template and what the template may use.

use super::context::asset_bucket;
use super::engine::Source;
use super::error::SynthError;
use super::placeholders::{self, Rendered, UNDEFINED};
use super::structure;
use crate::app::ResourcesTemplate;
use crate::nearest::did_you_mean;
use crate::plan::{Plan, PluginStack};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The one parameter of a plugin's stack: the topic is known only at deploy time.
pub const TOPIC_PARAMETER: &str = "DistributionSnsTopicArn";

const SECTIONS: [&str; 3] = ["Resources", "Outputs", "Conditions"];

/// What a plugin's template may use, by these names. Those that do not apply are undefined.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Variables {
    /// The region.
    pub aws_region: String,
    /// `[service].name`.
    pub service: String,
    /// The env.
    pub stage: String,
    /// `<service>-<stage>`.
    pub prefix: String,
    /// The plugin's name.
    pub plugin: String,
    /// The distribution topic's ARN, as a reference.
    pub distribution_sns_topic_arn: Value,
    /// The function's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_name: Option<String>,
    /// The bucket of the function's zip, as an expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_s3_bucket: Option<Value>,
    /// The zip's key in that bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_s3_key: Option<String>,
    /// The state bucket's name, as a reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_bucket: Option<Value>,
}

impl Variables {
    /// The variables of a plugin, whose code lies at a key.
    #[must_use]
    pub fn new(plan: &Plan, stack: &PluginStack, code_key: Option<String>) -> Self {
        Self {
            aws_region: plan.region.to_string(),
            service: plan.service.clone(),
            stage: plan.stage.clone(),
            prefix: plan.physical.prefix().to_owned(),
            plugin: stack.plugin.clone(),
            distribution_sns_topic_arn: json!({ "Ref": TOPIC_PARAMETER }),
            function_name: stack.function.as_ref().map(|function| function.name.clone()),
            code_s3_bucket: code_key.as_ref().map(|_| asset_bucket()),
            code_s3_key: code_key,
            state_bucket: stack.state.as_ref().map(|_| json!({ "Ref": "StateBucket" })),
        }
    }
}

pub(super) fn source(template: &ResourcesTemplate) -> Source<'_> {
    Source { path: &template.path, text: &template.text }
}

/// A plugin's own `Resources`, `Outputs` and `Conditions`, and what is wrong with the rest.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fragment {
    /// What could be read; `None` where the template renders to nothing that can be.
    pub sections: Option<Map<String, Value>>,
    /// Every error.
    pub errors: Vec<SynthError>,
}

/// Renders a plugin's own template.
#[must_use]
pub fn render_fragment(template: &ResourcesTemplate, variables: &Variables) -> Fragment {
    let source = source(template);
    let Rendered { map, mut errors } = placeholders::render(source, variables);
    let Some(mut sections) = map else { return Fragment { sections: None, errors } };
    // Past a stand-in, what else is wrong is most often its fault.
    let is_itself = errors.is_empty();
    sections.retain(|name, section| {
        let what = match (SECTIONS.contains(&name.as_str()), section.is_object()) {
            (true, true) => return true,
            // That it is not defined is told already.
            _ if *section == UNDEFINED => return false,
            (true, false) => format!("`{name}` is not an object"),
            (false, _) => {
                format!("`{name}` cannot stand here, only `Resources`, `Outputs` and `Conditions`")
            }
        };
        let place = source.place(line_of(template, name));
        let hint = did_you_mean(name, &SECTIONS).filter(|_| !SECTIONS.contains(&name.as_str()));
        errors.push(SynthError::Template { place, what, hint });
        false
    });
    if is_itself {
        errors.extend(structure::check(source, &sections));
    }
    Fragment { sections: Some(sections), errors }
}

/// The logical ids of what a template defines.
pub(super) fn ids(sections: &Map<String, Value>) -> impl Iterator<Item = String> {
    sections.values().filter_map(Value::as_object).flat_map(Map::keys).cloned()
}

fn line_of(template: &ResourcesTemplate, key: &str) -> usize {
    let quoted = format!("\"{key}\"");
    template.text.lines().position(|line| line.contains(&quoted)).map_or(0, |at| at + 1)
}
