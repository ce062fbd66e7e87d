//! What a deploy may change, and what it may not.

use crate::stage::Stage;
use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::support::deployed::Deployed;
use scheduler_tests::support::stacks;
use serde_json::Value;

/// What a deploy may change: the root template and what its resources physically are.
pub(crate) struct Snapshot {
    resources: serde_json::Map<String, Value>,
    physical: Vec<(String, String)>,
}

impl Snapshot {
    pub(crate) fn of(stage: &Stage, deployed: &Deployed) -> Outcome<Self> {
        let template = stacks::template(&stage.aws, &deployed.stack)?;
        let Value::Object(resources) = template["Resources"].clone() else {
            return fail(format!("no resources in {template}"));
        };
        let mut physical = Vec::new();
        for stack in stacks::live_stacks(&stage.aws)? {
            physical.extend(stacks::resources(&stage.aws, &stack)?);
        }
        Ok(Self { resources, physical })
    }

    /// As if the folder had never been there.
    pub(crate) fn is_again(&self, later: &Self) -> Outcome {
        for (id, resource) in &self.resources {
            let now = later.resources.get(id).cloned().unwrap_or_default();
            ensure(now == *resource, || format!("`{id}` was {resource} and is {now}"))?;
        }
        let (was, is) = (&self.physical, &later.physical);
        let left: Vec<_> = is.iter().filter(|resource| !was.contains(resource)).collect();
        ensure(left.is_empty() && is.len() == was.len(), || format!("left behind: {left:?}"))
    }

    pub(crate) fn differs_by_one_nested_stack(&self, later: &Self) -> Outcome {
        let added: Vec<_> =
            later.resources.keys().filter(|id| !self.resources.contains_key(*id)).collect();
        ensure(added == ["PluginLater"], || format!("added: {added:?}"))?;
        for (id, resource) in &self.resources {
            let mut now = later.resources.get(id).cloned().unwrap_or_default();
            let is_function = resource["Type"] == "AWS::Lambda::Function";
            if is_function {
                let code = resource["Properties"]["Code"]["S3Key"].clone();
                now["Properties"]["Code"]["S3Key"] = code;
            }
            ensure(now == *resource, || format!("`{id}` changed from {resource} to {now}"))?;
        }
        for resource in &self.physical {
            ensure(later.physical.contains(resource), || {
                format!("{resource:?} was replaced or removed")
            })?;
        }
        Ok(())
    }
}
