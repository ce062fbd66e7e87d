//! CloudFormation's shapes as this engine's values.

use super::super::events::StackEvent;
use super::super::origin::Origin;
use super::super::ports::MeantChange;
use super::super::refusal::Finding;
use super::super::stack::{Stack, StackResource, StackState};
use aws_sdk_cloudformation::types;

pub(super) fn stack(found: &types::Stack) -> Stack {
    let outputs = found.outputs().iter();
    let outputs = outputs.filter_map(|o| Some((o.output_key()?.into(), o.output_value()?.into())));
    let parameters = found.parameters().iter();
    let parameters =
        parameters.filter_map(|p| Some((p.parameter_key()?.into(), p.parameter_value()?.into())));
    Stack {
        id: text(found.stack_id()),
        name: text(found.stack_name()),
        state: StackState::new(found.stack_status().map_or("", types::StackStatus::as_str)),
        reason: found.stack_status_reason().filter(|reason| !reason.is_empty()).map(Into::into),
        outputs: outputs.collect(),
        parameters: parameters.collect(),
        protected: found.enable_termination_protection().unwrap_or(false),
    }
}

pub(super) fn resource(found: &types::StackResourceSummary) -> StackResource {
    let status = found.resource_status().map_or("", types::ResourceStatus::as_str);
    StackResource {
        logical_id: text(found.logical_resource_id()),
        physical_id: text(found.physical_resource_id()),
        kind: text(found.resource_type()),
        status: status.to_owned(),
        reason: text(found.resource_status_reason()),
    }
}

pub(super) fn change(found: &types::Change) -> Option<MeantChange> {
    let change = found.resource_change()?;
    Some(MeantChange {
        logical_id: text(change.logical_resource_id()),
        kind: text(change.resource_type()),
        action: text(change.action().map(types::ChangeAction::as_str)),
        replacement: text(change.replacement().map(types::Replacement::as_str)),
        policy: text(change.policy_action().map(types::PolicyAction::as_str)),
        nested: change.change_set_id().filter(|id| !id.is_empty()).map(Into::into),
    })
}

pub(super) fn event(found: &types::StackEvent) -> StackEvent {
    let status = found.resource_status().map_or("", types::ResourceStatus::as_str);
    StackEvent {
        id: text(found.event_id()),
        stack_id: text(found.stack_id()),
        logical_id: text(found.logical_resource_id()),
        physical_id: text(found.physical_resource_id()),
        kind: text(found.resource_type()),
        status: status.to_owned(),
        reason: text(found.resource_status_reason()),
        at: found.timestamp().and_then(|at| at.to_millis().ok()).unwrap_or(0),
    }
}

/// A finding of early validation or of a hook: what, and where.
pub(super) fn finding(event: &types::OperationEvent) -> Option<Finding> {
    let said = event.validation_status_reason().or(event.hook_status_reason());
    let reason = said.or(event.resource_status_reason())?.to_owned();
    let path = event.validation_path().map(str::to_owned);
    let in_path = || path.as_deref()?.strip_prefix("/Resources/")?.split('/').next();
    let logical_id = event.logical_resource_id().filter(|id| !id.is_empty()).or_else(in_path);
    let origin = Origin {
        resource: logical_id.map(str::to_owned),
        kind: event.resource_type().filter(|kind| !kind.is_empty()).map(str::to_owned),
        ..Origin::default()
    };
    Some(Finding { origin, path: path.clone(), reason, circle: None })
}

fn text(value: Option<&str>) -> String {
    value.unwrap_or_default().to_owned()
}
