//! Queues and subscriptions as their templates want them.

use super::context::Tags;
use crate::app::External;
use crate::iam::{Statement, queue_policy};
use crate::plan::{Node, Plan};
use serde::Serialize;
use serde_json::Value;

/// How long a message waits: SQS's own four days, and its longest, fourteen, for dead letters.
const FOUR_DAYS: u32 = 345_600;
const FOURTEEN_DAYS: u32 = 1_209_600;

/// `queues.json.j2`
#[derive(Debug, Serialize)]
pub(super) struct Queues<'a> {
    pub(super) queues: Vec<Queue>,
    pub(super) tags: &'a Tags,
}

/// One queue.
#[derive(Debug, Serialize)]
pub(super) struct Queue {
    id: String,
    policy_id: String,
    name: String,
    fifo: bool,
    visibility_seconds: Option<u32>,
    retention_seconds: u32,
    redrive: Option<Redrive>,
    depends_on: Vec<String>,
    policy: Vec<Statement>,
}

/// Where a message goes that was received too often.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Redrive {
    pub(super) arn: Value,
    pub(super) max_receive_count: u32,
}

/// A queue's place in the graph, its names, and the topic that may send to it.
pub(super) struct Named<'a> {
    pub(super) node: Node,
    pub(super) id: &'a str,
    pub(super) policy_id: &'a str,
    pub(super) name: String,
    pub(super) topic: Value,
}

/// A queue of dead letters.
pub(super) fn dead(plan: &Plan, named: Named<'_>) -> Queue {
    let policy = queue_policy(&named.node, &named.topic, &plan.edges, &plan.physical);
    Queue {
        id: named.id.to_owned(),
        policy_id: named.policy_id.to_owned(),
        fifo: named.name.ends_with(".fifo"),
        name: named.name,
        visibility_seconds: None,
        retention_seconds: FOURTEEN_DAYS,
        redrive: None,
        depends_on: Vec::new(),
        policy,
    }
}

/// A queue that a function is fed from.
pub(super) fn feeding(
    plan: &Plan,
    named: Named<'_>,
    visibility_seconds: u32,
    redrive: Redrive,
) -> Queue {
    Queue {
        visibility_seconds: Some(visibility_seconds),
        retention_seconds: FOUR_DAYS,
        redrive: Some(redrive),
        ..dead(plan, named)
    }
}

impl Queue {
    /// The same, made after another resource that only a literal name points to.
    pub(super) fn after(self, id: &str) -> Self {
        Self { depends_on: vec![id.to_owned()], ..self }
    }
}

/// How SNS reaches a consumer, and whether it hands over the message without an envelope.
pub(super) fn protocol(consumer: &External) -> (&'static str, bool) {
    match consumer {
        External::Function(_) => ("lambda", false),
        External::Queue(_) => ("sqs", true),
    }
}

/// `permissions.json.j2`
#[derive(Debug, Serialize)]
pub(super) struct Permissions {
    pub(super) permissions: Vec<Permission>,
}

/// Leave for the topic to call a function that exists already.
#[derive(Debug, Serialize)]
pub(super) struct Permission {
    pub(super) id: String,
    pub(super) function: String,
    pub(super) topic: Value,
}

/// `subscriptions.json.j2`
#[derive(Debug, Serialize)]
pub(super) struct Subscriptions {
    pub(super) subscriptions: Vec<Subscription>,
}

/// One subscription.
#[derive(Debug, Serialize)]
pub(super) struct Subscription {
    pub(super) id: String,
    pub(super) topic: Value,
    pub(super) protocol: &'static str,
    pub(super) endpoint: Value,
    pub(super) raw: bool,
    pub(super) job_types: Vec<String>,
    pub(super) dead_arn: Value,
    pub(super) depends_on: Vec<String>,
}
