//! Event source mappings.

use super::view::{Resource, View};

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

pub(super) fn batching_windows_on_fifo(view: &View<'_>) -> Vec<String> {
    let pairs = from_queues(view).into_iter();
    let bad = pairs.filter(|(mapping, queue)| {
        queue.is_fifo() && mapping.number("MaximumBatchingWindowInSeconds") > Some(0)
    });
    bad.map(|(mapping, _)| format!("`{}` has a batching window on a FIFO queue", mapping.id))
        .collect()
}

pub(super) fn bisect_on_queues(view: &View<'_>) -> Vec<String> {
    let pairs = from_queues(view).into_iter();
    let bad = pairs.filter(|(mapping, _)| mapping.has("BisectBatchOnFunctionError"));
    bad.map(|(mapping, _)| format!("`{}` bisects, which only streams can", mapping.id)).collect()
}

pub(super) fn concurrency_over_reserve(view: &View<'_>) -> Vec<String> {
    let over = view.typed(MAPPING).filter(|mapping| {
        let wanted = mapping.get("ScalingConfig").get("MaximumConcurrency");
        let function = view.function(mapping.get("FunctionName"));
        let reserved = function.and_then(|one| one.number("ReservedConcurrentExecutions"));
        let wanted = wanted.and_then(serde_json::Value::as_u64);
        reserved.is_some_and(|reserved| wanted > Some(reserved))
    });
    over.map(|one| format!("`{}` runs more at once than its function reserves", one.id)).collect()
}

/// Six times the function's time-out (Lambda developer guide, "Using Lambda with Amazon SQS").
pub(super) fn short_visibility(view: &View<'_>) -> Vec<String> {
    let pairs = from_queues(view).into_iter();
    let short = pairs.filter(|(mapping, queue)| {
        let function = view.function(mapping.get("FunctionName"));
        let timeout = function.and_then(|one| one.number("Timeout")).unwrap_or(DEFAULT_TIMEOUT);
        queue.number("VisibilityTimeout").unwrap_or(DEFAULT_VISIBILITY) < 6 * timeout
    });
    short
        .map(|(_, queue)| {
            format!("`{}` hides messages for less than six times the function's time-out", queue.id)
        })
        .collect()
}

pub(super) fn streams_without_start(view: &View<'_>) -> Vec<String> {
    let bad = view.typed(MAPPING).filter(|mapping| {
        let attribute =
            mapping.get("EventSourceArn").get("Fn::GetAtt").and_then(|path| path.get(1));
        attribute.is_some_and(|name| name == "StreamArn") && !mapping.has("StartingPosition")
    });
    bad.map(|one| format!("`{}` does not say where in the stream to start", one.id)).collect()
}
