//! Event source mappings.

use super::delivery::statements;
use super::findings::Fault;
use super::schedules::{may, names};
use super::view::{Resource, View};
use serde_json::Value;

const MAPPING: &str = "AWS::Lambda::EventSourceMapping";
/// A queue's own visibility time-out, in seconds.
const DEFAULT_VISIBILITY: u64 = 30;
/// A function's own time-out, in seconds.
const DEFAULT_TIMEOUT: u64 = 3;

/// Mappings from a queue of this template.
fn from_queues<'a>(view: &View<'a>) -> Vec<(Resource<'a>, Resource<'a>)> {
    let all = view.typed(MAPPING);
    all.filter_map(|one| Some((one, view.queue(one.get("EventSourceArn"))?))).collect()
}

pub(super) fn batching_windows_on_fifo<'a>(view: &View<'a>) -> Vec<Fault<'a>> {
    let pairs = from_queues(view).into_iter();
    let bad = pairs.filter(|(mapping, queue)| {
        queue.is_fifo() && mapping.number("MaximumBatchingWindowInSeconds") > Some(0)
    });
    bad.map(|(mapping, _)| (mapping, "has a batching window on a FIFO queue".into())).collect()
}

pub(super) fn bisect_on_queues<'a>(view: &View<'a>) -> Vec<Fault<'a>> {
    let pairs = from_queues(view).into_iter();
    let bad = pairs.filter(|(mapping, _)| mapping.has("BisectBatchOnFunctionError"));
    bad.map(|(mapping, _)| (mapping, "bisects batches, which only streams can".into())).collect()
}

pub(super) fn concurrency_over_reserve<'a>(view: &View<'a>) -> Vec<Fault<'a>> {
    let over = view.typed(MAPPING).filter(|mapping| {
        let wanted = mapping.get("ScalingConfig").get("MaximumConcurrency");
        let function = view.function(mapping.get("FunctionName"));
        let reserved = function.and_then(|one| one.number("ReservedConcurrentExecutions"));
        let wanted = wanted.and_then(Value::as_u64);
        reserved.is_some_and(|reserved| wanted > Some(reserved))
    });
    over.map(|one| (one, "runs more at once than its function reserves".into())).collect()
}

/// Six times the function's time-out (Lambda developer guide, "Using Lambda with Amazon SQS").
pub(super) fn short_visibility<'a>(view: &View<'a>) -> Vec<Fault<'a>> {
    let pairs = from_queues(view).into_iter();
    let short = pairs.filter(|(mapping, queue)| {
        let function = view.function(mapping.get("FunctionName"));
        let timeout = function.and_then(|one| one.number("Timeout")).unwrap_or(DEFAULT_TIMEOUT);
        queue.number("VisibilityTimeout").unwrap_or(DEFAULT_VISIBILITY) < 6 * timeout
    });
    let what = "hides a message for less than six times its function's time-out";
    short.map(|(_, queue)| (queue, what.into())).collect()
}

pub(super) fn streams_without_start<'a>(view: &View<'a>) -> Vec<Fault<'a>> {
    let bad = view.typed(MAPPING).filter(|mapping| {
        let attribute =
            mapping.get("EventSourceArn").get("Fn::GetAtt").and_then(|path| path.get(1));
        attribute.is_some_and(|name| name == "StreamArn") && !mapping.has("StartingPosition")
    });
    bad.map(|one| (one, "does not say where in the stream to start".into())).collect()
}

/// What Lambda asks of the role of a function that a queue feeds, before it makes the mapping.
const READ: &str = "sqs:ReceiveMessage";
/// Policies that are attached to roles from outside of them.
const ATTACHED: &[&str] = &["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"];

/// Mappings whose function has a role of this template that may not read from the queue. What a
/// managed policy of somebody else's allows is not known, so a role with one is left alone.
pub(super) fn unreadable_queues<'a>(view: &View<'a>) -> Vec<Fault<'a>> {
    let pairs = from_queues(view).into_iter();
    let bad = pairs.filter(|(mapping, _)| {
        let function = view.function(mapping.get("FunctionName"));
        let role = function.and_then(|one| view.role(one.get("Role")));
        role.is_some_and(|role| !role.has("ManagedPolicyArns") && !may_read(view, &role))
    });
    let what = format!("reads from a queue, but its function's role may not (`{READ}`)");
    bad.map(|(mapping, _)| (mapping, what.clone())).collect()
}

fn may_read(view: &View<'_>, role: &Resource<'_>) -> bool {
    let attached = ATTACHED.iter().flat_map(|kind| view.typed(kind));
    let attached = attached.filter(|policy| is_of(view, policy, role));
    let mut documents = attached.map(|policy| policy.get("PolicyDocument"));
    may(role, READ)
        || documents.any(|document| statements(document).any(|one| names(&one["Action"], READ)))
}

/// Whether a policy names the role, in a list or by itself.
fn is_of(view: &View<'_>, policy: &Resource<'_>, role: &Resource<'_>) -> bool {
    let listed = policy.get("Roles").as_array().into_iter().flatten();
    let mut roles = listed.chain([policy.get("RoleName")]).filter_map(|value| view.role(value));
    roles.any(|one| one.id == role.id)
}
