//! The root stack.

use super::alarms::{self, Alarms, dead_letters};
use super::api;
use super::context::{Tags, tags, template_url};
use super::engine::{Source, render};
use super::error::SynthError;
use super::functions::{Keys, functions};
use super::queues::{
    Named, Permission, Permissions, Queue, Queues, Redrive, Subscription, Subscriptions, dead,
    feeding, protocol,
};
use super::sections::Sections;
use super::templates::embedded;
use crate::app::{Auth, External};
use crate::iam::{self, Statement};
use crate::plan::{Elsewhere, LOGIN_CALLBACK, Node, Plan};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A nested stack as the root sees it.
#[derive(Debug, Serialize)]
pub(super) struct Nested {
    pub(super) id: String,
    template_url: Value,
    parameters: Option<Value>,
}

/// The root stack's view of a nested one, whose parameters are what its template takes.
pub(super) fn nested(id: &str, sha256: &str, takes_topic: bool) -> Nested {
    Nested {
        id: id.to_owned(),
        template_url: template_url(sha256),
        parameters: takes_topic
            .then(|| json!({ super::fragment::TOPIC_PARAMETER: { "Ref": "Topic" } })),
    }
}

#[derive(Serialize)]
struct Head {
    description: String,
}

#[derive(Serialize)]
struct Table<'a> {
    name: String,
    protect: bool,
    tags: &'a Tags,
}

#[derive(Serialize)]
struct Changes<'a> {
    tags: &'a Tags,
}

#[derive(Serialize)]
struct Reconciler<'a> {
    function_arn: Value,
    tags: &'a Tags,
}

#[derive(Serialize)]
struct Schedules<'a> {
    group: &'a str,
    role_description: String,
    statements: &'a [Statement],
    tags: &'a Tags,
}

#[derive(Serialize)]
struct Distribution<'a> {
    name: String,
    log_group: Value,
    logged_protocols: [&'static str; 2],
    role_description: String,
    statements: &'a [Statement],
    policy: Vec<Statement>,
    tags: &'a Tags,
}

#[derive(Serialize)]
struct Users<'a> {
    name: &'a str,
    client: String,
    callback: &'static str,
    domain: Value,
    protection: &'static str,
    tags: &'a Tags,
}

#[derive(Serialize)]
struct Plugins<'a> {
    plugins: &'a [Nested],
    tags: &'a Tags,
}

/// The root stack, but for the output that carries the digest of it all.
pub(super) fn root(
    plan: &Plan,
    keys: &Keys<'_>,
    nested: &[Nested],
) -> Result<Map<String, Value>, SynthError> {
    let tags = tags(plan);
    let mut root = Sections::default();
    let mut add = |source: Source<'_>, part| root.merge(source, part);
    let head = Head { description: format!("{} {}: scheduled jobs", plan.service, plan.stage) };
    add(embedded::ROOT, render(embedded::ROOT, &head)?)?;
    let core = core_functions(plan, keys, &tags)?;
    add(embedded::FUNCTIONS, core)?;
    let queues = Queues { queues: queues(plan), tags: &tags };
    add(embedded::QUEUES, render(embedded::QUEUES, &queues)?)?;
    add(embedded::TABLE, render(embedded::TABLE, &table(plan, &tags))?)?;
    add(embedded::CHANGES, render(embedded::CHANGES, &Changes { tags: &tags })?)?;
    add(embedded::SCHEDULES, render(embedded::SCHEDULES, &schedules(plan, &tags))?)?;
    let reconciler =
        Reconciler { function_arn: iam::function_arn("SchedulersReconcilerFunction"), tags: &tags };
    add(embedded::RECONCILER, render(embedded::RECONCILER, &reconciler)?)?;
    let alarms = alarms(plan, &tags);
    add(embedded::ALARMS, render(embedded::ALARMS, &alarms)?)?;
    if let Some(topic) = alarms::topic(plan, &tags) {
        add(embedded::ALARM_TOPIC, render(embedded::ALARM_TOPIC, &topic)?)?;
    }
    add(embedded::DISTRIBUTION, render(embedded::DISTRIBUTION, &distribution(plan, &tags))?)?;
    add(embedded::SUBSCRIPTIONS, render(embedded::SUBSCRIPTIONS, &external(&plan.root.external))?)?;
    let permissions = plan.root.external.iter().filter_map(permission).collect();
    let permissions = Permissions { permissions };
    add(embedded::PERMISSIONS, render(embedded::PERMISSIONS, &permissions)?)?;
    add(embedded::API, render(embedded::API, &api::api(plan, &tags))?)?;
    if plan.root.auth == Auth::Cognito {
        add(embedded::USERS, render(embedded::USERS, &users(plan, &tags))?)?;
    }
    let plugins = Plugins { plugins: nested, tags: &tags };
    add(embedded::PLUGINS, render(embedded::PLUGINS, &plugins)?)?;
    Ok(root.0)
}

fn core_functions(
    plan: &Plan,
    keys: &Keys<'_>,
    tags: &Tags,
) -> Result<Map<String, Value>, SynthError> {
    render(embedded::FUNCTIONS, &functions(plan, &plan.root.functions, keys, tags)?)
}

fn table<'a>(plan: &Plan, tags: &'a Tags) -> Table<'a> {
    Table { name: plan.physical.table(), protect: plan.protect, tags }
}

fn schedules<'a>(plan: &'a Plan, tags: &'a Tags) -> Schedules<'a> {
    Schedules {
        group: plan.physical.prefix(),
        role_description: format!("What schedules of {} may do", plan.physical.prefix()),
        statements: &plan.root.scheduler_statements,
        tags,
    }
}

fn distribution<'a>(plan: &'a Plan, tags: &'a Tags) -> Distribution<'a> {
    let name = plan.physical.topic();
    Distribution {
        log_group: json!({
            "Fn::Sub": format!("sns/${{AWS::Region}}/${{AWS::AccountId}}/{name}/Failure")
        }),
        logged_protocols: ["lambda", "sqs"],
        role_description: format!("How {name} logs deliveries that fail"),
        statements: &plan.root.logger_statements,
        policy: iam::topic_policy(),
        name,
        tags,
    }
}

fn users<'a>(plan: &'a Plan, tags: &'a Tags) -> Users<'a> {
    Users {
        name: plan.physical.prefix(),
        client: plan.physical.client(),
        callback: LOGIN_CALLBACK,
        domain: json!({ "Fn::Sub": format!("{}-${{AWS::AccountId}}", plan.physical.login()) }),
        protection: if plan.protect { "ACTIVE" } else { "INACTIVE" },
        tags,
    }
}

/// Every queue of the root stack. The FIFO queue's visibility is the contract's, ten times the
/// controller's time-out.
fn queues(plan: &Plan) -> Vec<Queue> {
    let redrive = Redrive { arn: arn_of("ChangeDeadQueue"), max_receive_count: 10 };
    let changes = named(Node::Changes, "ChangeQueue", "ChangeQueuePolicy", plan.physical.changes());
    let mut queues = vec![feeding(plan, changes, 600, redrive)];
    queues.extend(dead_queues(plan).into_iter().map(|one| dead(plan, one)));
    queues
}

/// The core's alarms, and one on each of its queues of dead letters.
fn alarms<'a>(plan: &Plan, tags: &'a Tags) -> Alarms<'a> {
    let dead = dead_queues(plan);
    let dead = dead.into_iter().map(|queue| dead_letters(&queue.node, queue.id, queue.name));
    let alarms = alarms::of_core(plan).into_iter().chain(dead).collect();
    Alarms { alarms, topic: alarms::told_in_root(plan), tags }
}

fn dead_queues(plan: &Plan) -> Vec<Named<'static>> {
    let physical = &plan.physical;
    let mut dead_queues = vec![
        named(
            Node::ChangesDead,
            "ChangeDeadQueue",
            "ChangeDeadQueuePolicy",
            physical.changes_dead(),
        ),
        named(Node::StreamDead, "StreamDeadQueue", "StreamDeadQueuePolicy", physical.stream_dead()),
        named(
            Node::SchedulesDead,
            "ScheduleDeadQueue",
            "ScheduleDeadQueuePolicy",
            physical.schedules_dead(),
        ),
    ];
    if !plan.root.external.is_empty() {
        let name = physical.undelivered();
        dead_queues.push(named(
            Node::Undelivered,
            "UndeliveredQueue",
            "UndeliveredQueuePolicy",
            name,
        ));
    }
    dead_queues
}

fn named(node: Node, id: &'static str, policy_id: &'static str, name: String) -> Named<'static> {
    Named { node, id, policy_id, name, topic: topic() }
}

fn external(external: &[Elsewhere]) -> Subscriptions {
    let subscriptions = external.iter().map(|one| {
        let permission = permission(one).map(|permission| permission.id);
        let policy = "UndeliveredQueuePolicy".to_owned();
        let (protocol, raw) = protocol(&one.consumer);
        Subscription {
            id: one.id.clone(),
            topic: topic(),
            protocol,
            endpoint: json!(one.consumer.arn()),
            raw,
            job_types: one.job_types.clone(),
            dead_arn: arn_of("UndeliveredQueue"),
            depends_on: permission.into_iter().chain([policy]).collect(),
        }
    });
    Subscriptions { subscriptions: subscriptions.collect() }
}

/// Leave to call somebody else's function. A queue's owner gives it in the queue's policy.
fn permission(elsewhere: &Elsewhere) -> Option<Permission> {
    match &elsewhere.consumer {
        External::Function(arn) => Some(Permission {
            id: format!("{}Permission", elsewhere.id),
            function: arn.clone(),
            topic: topic(),
        }),
        External::Queue(_) => None,
    }
}

fn topic() -> Value {
    json!({ "Ref": "Topic" })
}

fn arn_of(id: &str) -> Value {
    json!({ "Fn::GetAtt": [id, "Arn"] })
}
