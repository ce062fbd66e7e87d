//! From the topic to its subscribers.

use super::view::{Resource, View};
use serde_json::Value;

/// Keys of a filter policy (SNS quotas).
const FILTER_KEYS: usize = 5;
/// The product of a filter policy's values (SNS quotas).
const FILTER_VALUES: usize = 150;

pub(super) fn filters(view: &View<'_>) -> Vec<String> {
    view.typed("AWS::SNS::Subscription").filter_map(|one| filter(&one)).collect()
}

fn filter(one: &Resource<'_>) -> Option<String> {
    let scope = one.get("FilterPolicyScope").as_str();
    if scope.is_some_and(|scope| scope != "MessageBody" && scope != "MessageAttributes") {
        return Some(format!("`{}` has an unknown filter scope", one.id));
    }
    let policy = one.get("FilterPolicy").as_object()?;
    if policy.len() > FILTER_KEYS {
        return Some(format!("`{}` filters on more than {FILTER_KEYS} keys", one.id));
    }
    let values: usize = policy.values().filter_map(Value::as_array).map(Vec::len).product();
    match values {
        0 => Some(format!("`{}` filters on no value", one.id)),
        values if values > FILTER_VALUES => {
            Some(format!("`{}` filters on more than {FILTER_VALUES} values", one.id))
        }
        _ => None,
    }
}

/// Queues of this template that a topic sends to, as a subscriber or with what it gives up, and
/// whose policy does not let it.
pub(super) fn unheard_queues(view: &View<'_>) -> Vec<String> {
    let subscriptions = view.typed("AWS::SNS::Subscription");
    let queues = subscriptions.flat_map(|one| {
        let dead = one.get("RedrivePolicy").get("deadLetterTargetArn");
        [Some(one.get("Endpoint")), dead].into_iter().flatten()
    });
    let ours = queues.filter_map(|arn| view.queue(arn));
    let deaf = ours.filter(|one| !lets_topic_send(view, one));
    deaf.map(|queue| format!("the policy of `{}` does not let the topic send", queue.id)).collect()
}

fn lets_topic_send(view: &View<'_>, queue: &Resource<'_>) -> bool {
    view.typed("AWS::SQS::QueuePolicy")
        .filter(|policy| {
            let queues = policy.get("Queues").as_array().into_iter().flatten();
            queues.filter_map(|one| view.queue(one)).any(|one| one.id == queue.id)
        })
        .flat_map(|policy| statements(policy.get("PolicyDocument")))
        .any(|one| one["Effect"] == "Allow" && one["Principal"]["Service"] == "sns.amazonaws.com")
}

/// The statements of a policy document.
pub(super) fn statements(document: &Value) -> impl Iterator<Item = &Value> {
    document.get("Statement").and_then(Value::as_array).into_iter().flatten()
}
