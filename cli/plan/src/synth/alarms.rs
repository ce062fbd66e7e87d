//! What rings, and who hears of it.

use super::context::Tags;
use crate::iam::{self, Statement};
use crate::plan::{Node, Plan};
use scheduler_contract::{handler, metric};
use serde::Serialize;
use serde_json::{Value, json};

const HOUR: u32 = 3_600;
const FIVE_MINUTES: u32 = 300;
/// A change that waits longer than the reconciler leaves one alone for, milliseconds.
const LATE: u32 = 900_000;

/// `alarms.json.j2`
#[derive(Debug, Serialize)]
pub(super) struct Alarms<'a> {
    pub(super) alarms: Vec<Alarm>,
    /// Where they are told, if anywhere.
    pub(super) topic: Option<Value>,
    pub(super) tags: &'a Tags,
}

/// One alarm, on one metric.
#[derive(Debug, Serialize)]
pub(super) struct Alarm {
    id: String,
    name: String,
    description: String,
    /// Whether it mends itself, so that its end is news. A queue of dead letters is emptied by
    /// somebody, who knows.
    tells_the_end: bool,
    namespace: &'static str,
    metric: &'static str,
    dimension: &'static str,
    of: String,
    statistic: &'static str,
    period: u32,
    periods: u32,
    threshold: u32,
    comparison: &'static str,
    missing: &'static str,
}

/// `alarm_topic.json.j2`
#[derive(Debug, Serialize)]
pub(super) struct AlarmTopic<'a> {
    name: String,
    address: &'a str,
    policy: Vec<Statement>,
    tags: &'a Tags,
}

/// The topic, where somebody wants to hear of alarms.
pub(super) fn topic<'a>(plan: &'a Plan, tags: &'a Tags) -> Option<AlarmTopic<'a>> {
    let address = plan.root.alarms.as_deref()?;
    let policy = iam::alarm_topic_policy(&plan.edges, &plan.physical);
    Some(AlarmTopic { name: plan.physical.alarms(), address, policy, tags })
}

/// Where alarms of the root stack are told.
pub(super) fn told_in_root(plan: &Plan) -> Option<Value> {
    plan.root.alarms.as_ref().map(|_| json!({ "Ref": "AlarmTopic" }))
}

/// Where alarms of a nested stack are told: by the topic's name, with neither parameter nor attribute.
pub(super) fn told_in_plugin(plan: &Plan) -> Option<Value> {
    plan.root.alarms.as_ref().map(|_| iam::topic_arn(&plan.physical.alarms()))
}

/// Something lies in a queue of dead letters. SQS stops counting in a queue that nobody touches: what
/// was there last still is.
pub(super) fn dead_letters(node: &Node, id: &str, queue: String) -> Alarm {
    Alarm {
        id: format!("{}Alarm", id.trim_end_matches("Queue")),
        description: format!("{} lie in the queue `{queue}`", letters(node)),
        tells_the_end: false,
        namespace: "AWS/SQS",
        metric: "ApproximateNumberOfMessagesVisible",
        dimension: "QueueName",
        of: queue.clone(),
        name: queue,
        statistic: "Maximum",
        period: FIVE_MINUTES,
        periods: 1,
        threshold: 0,
        comparison: "GreaterThanThreshold",
        missing: "ignore",
    }
}

fn letters(node: &Node) -> &'static str {
    match node {
        Node::ChangesDead => "Changes of jobs that could not be applied",
        Node::StreamDead => "Changes of jobs that nobody could be told of",
        Node::SchedulesDead => "Ticks that could not be published",
        Node::Undelivered => "Ticks that a consumer of scheduler.toml did not take",
        _ => "Ticks that the plugin's consumer did not take",
    }
}

/// Those of the root stack that watch no queue.
pub(super) fn of_core(plan: &Plan) -> Vec<Alarm> {
    vec![drift(plan), silence(plan), lateness(plan)]
}

/// Only a pass that came to its end tells of drift: none is no pass without drift.
fn drift(plan: &Plan) -> Alarm {
    let description =
        "Schedules are not as their jobs say, two passes in a row: `scheduler verify` tells which";
    Alarm {
        threshold: 0,
        statistic: "Maximum",
        comparison: "GreaterThanThreshold",
        missing: "notBreaching",
        ..of_reconciler(plan, ("DriftAlarm", "drift", metric::DRIFT), 2, description)
    }
}

fn silence(plan: &Plan) -> Alarm {
    let description = "Nobody has held schedules against jobs for three hours: the log of the \
                       function `schedulers-reconciler` tells why";
    let names = ("ReconcilerSilentAlarm", "reconciler-silent", metric::PASSES);
    of_reconciler(plan, names, 3, description)
}

/// Rings where there is none of a metric.
fn of_reconciler(
    plan: &Plan,
    (id, name, metric): (&str, &str, &'static str),
    periods: u32,
    description: &str,
) -> Alarm {
    Alarm {
        id: id.to_owned(),
        name: plan.physical.alarm(name),
        description: description.to_owned(),
        tells_the_end: true,
        namespace: metric::NAMESPACE,
        metric,
        dimension: metric::GROUP,
        of: plan.physical.prefix().to_owned(),
        statistic: "Sum",
        period: HOUR,
        periods,
        threshold: 1,
        comparison: "LessThanThreshold",
        missing: "breaching",
    }
}

/// No change, no age.
fn lateness(plan: &Plan) -> Alarm {
    let function = plan.physical.function(handler::SCHEDULE_QUEUE_ADDER);
    Alarm {
        id: "StreamLateAlarm".to_owned(),
        name: plan.physical.alarm("stream-late"),
        description: format!("Changes of jobs wait for more than 15 minutes before `{function}`"),
        tells_the_end: true,
        namespace: "AWS/Lambda",
        metric: "IteratorAge",
        dimension: "FunctionName",
        of: function,
        statistic: "Maximum",
        period: FIVE_MINUTES,
        periods: 3,
        threshold: LATE,
        comparison: "GreaterThanThreshold",
        missing: "notBreaching",
    }
}
