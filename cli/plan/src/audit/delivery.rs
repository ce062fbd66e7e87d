//! From the topic to its subscribers.

use super::findings::Fault;
use super::view::{Resource, View};
use crate::nearest::list;
use serde_json::Value;
use std::collections::BTreeSet;

const SCOPES: &[&str] = &["MessageAttributes", "MessageBody"];
/// Keys of a filter policy (SNS quotas).
const FILTER_KEYS: usize = 5;
/// The product of a filter policy's values (SNS quotas).
const FILTER_VALUES: usize = 150;

pub(super) fn filters<'a>(view: &View<'a>) -> Vec<Fault<'a>> {
    let all = view.typed("AWS::SNS::Subscription");
    all.filter_map(|one| filter(&one).map(|what| (one, what))).collect()
}

fn filter(one: &Resource<'_>) -> Option<String> {
    let scope = one.get("FilterPolicyScope").as_str();
    if let Some(scope) = scope.filter(|scope| !SCOPES.contains(scope)) {
        return Some(format!("has the filter scope `{scope}`; there are {}", list(SCOPES)));
    }
    let policy = one.get("FilterPolicy").as_object()?;
    if policy.len() > FILTER_KEYS {
        return Some(format!("filters on {} keys; SNS takes {FILTER_KEYS}", policy.len()));
    }
    let values: usize = policy.values().filter_map(Value::as_array).map(Vec::len).product();
    match values {
        0 => Some("filters on no value, so that nothing passes".to_owned()),
        values if values > FILTER_VALUES => {
            Some(format!("filters on {values} combinations of values; SNS takes {FILTER_VALUES}"))
        }
        _ => None,
    }
}

/// Queues of this template that a topic sends to, as a subscriber or with what it gives up, and
/// whose policy does not let it.
pub(super) fn unheard_queues<'a>(view: &View<'a>) -> Vec<Fault<'a>> {
    let subscriptions = view.typed("AWS::SNS::Subscription");
    let queues = subscriptions.flat_map(|one| {
        let dead = one.get("RedrivePolicy").get("deadLetterTargetArn");
        [Some(one.get("Endpoint")), dead].into_iter().flatten()
    });
    let ours = queues.filter_map(|arn| view.queue(arn));
    let heard = heard(view);
    let deaf = ours.filter(|one| !heard.contains(one.id));
    deaf.map(|queue| (queue, "has no policy that lets the topic send to it".into())).collect()
}

/// The queues that some policy lets a topic send to.
fn heard<'a>(view: &View<'a>) -> BTreeSet<&'a str> {
    let policies = view.typed("AWS::SQS::QueuePolicy").filter(|policy| {
        let mut statements = statements(policy.get("PolicyDocument"));
        statements.any(|one| one["Effect"] == "Allow" && is_for_sns(&one["Principal"]))
    });
    let queues = policies.flat_map(|policy| policy.get("Queues").as_array().into_iter().flatten());
    queues.filter_map(|one| view.queue(one)).map(|queue| queue.id).collect()
}

fn is_for_sns(principal: &Value) -> bool {
    let sns = |name: &Value| name == "sns.amazonaws.com";
    let service = &principal["Service"];
    principal == "*"
        || principal["AWS"] == "*"
        || sns(service)
        || service.as_array().is_some_and(|all| all.iter().any(sns))
}

/// The statements of a policy document, which may be one or a list.
pub(super) fn statements(document: &Value) -> impl Iterator<Item = &Value> {
    document.get("Statement").map(each).unwrap_or_default().into_iter()
}

/// A value, what a list holds, and both branches of an `Fn::If`.
pub(super) fn each(value: &Value) -> Vec<&Value> {
    if let Some(branches) = value.get("Fn::If").and_then(Value::as_array) {
        return branches.iter().skip(1).flat_map(each).collect();
    }
    match value {
        Value::Array(all) => all.iter().flat_map(each).collect(),
        one => vec![one],
    }
}
