//! From edges to the statements of a role.

use super::arns::{arn, local};
use super::statement::{Statement, of_permission};
use crate::app::Permission;
use crate::plan::{Edge, Node, Physical, StateBucket, Verb, leaving};
use serde_json::{Value, json};

/// What the edges that leave a node allow it; the edges are in their order.
#[must_use]
pub fn statements(from: &Node, edges: &[Edge], physical: &Physical) -> Vec<Statement> {
    leaving(edges, from).iter().flat_map(|edge| grant(edge, physical)).collect()
}

/// What a plugin asks for itself, in an order that does not depend on the manifest's.
#[must_use]
pub fn declared(permissions: &[Permission]) -> Vec<Statement> {
    let mut sorted: Vec<&Permission> = permissions.iter().collect();
    sorted.sort_by_key(|permission| format!("{permission:?}"));
    let numbered = sorted.into_iter().enumerate();
    numbered.map(|(nth, one)| of_permission(format!("Declared{}", nth + 1), one)).collect()
}

fn grant(edge: &Edge, physical: &Physical) -> Vec<Statement> {
    let Edge { verb, to, .. } = edge;
    let one = |sid: &str, actions: &[&str]| vec![Statement::allow(sid, actions, arn(to, physical))];
    match verb {
        // Whoever is called says who may call: a function's permission.
        Verb::Calls => Vec::new(),
        Verb::Consumes => consumes(to, physical),
        Verb::Sends => one(&sends_sid(to), &["sqs:SendMessage"]),
        Verb::Publishes => one("Publishes", &["sns:Publish"]),
        Verb::Creates => {
            one("Creates", &["dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"])
        }
        Verb::Replaces => one("Replaces", &["dynamodb:GetItem", "dynamodb:PutItem"]),
        Verb::Deletes => one("Deletes", &["dynamodb:DeleteItem"]),
        Verb::Lists => one("Lists", &["dynamodb:Query"]),
        Verb::Reads => one("Reads", &["dynamodb:GetItem"]),
        Verb::Scans => one("Scans", &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan"]),
        Verb::Inspects => inspects(to, physical),
        Verb::Manages => one("ManagesSchedules", SCHEDULE_ACTIONS),
        Verb::Passes => vec![passes(arn(to, physical))],
        Verb::Keeps => keeps(to, physical),
        Verb::Mails => mails(to, physical),
        Verb::Logs => one("Logs", log_actions(to)),
    }
}

const SCHEDULE_ACTIONS: &[&str] = &[
    "scheduler:CreateSchedule",
    "scheduler:DeleteSchedule",
    "scheduler:GetSchedule",
    "scheduler:UpdateSchedule",
];

/// `ListSchedules` is authorised against all schedules of the account, whatever group it lists
/// (github.com/aws/aws-cdk/issues/38201).
fn inspects(to: &Node, physical: &Physical) -> Vec<Statement> {
    vec![
        Statement::allow("InspectsSchedules", &["scheduler:GetSchedule"], arn(to, physical)),
        Statement::allow(
            "ListsSchedules",
            &["scheduler:ListSchedules"],
            local("scheduler", "schedule/*/*"),
        ),
    ]
}

fn sends_sid(to: &Node) -> String {
    let to = match to {
        Node::StreamDead | Node::ChangesDead | Node::SchedulesDead | Node::Dead(_) => "DeadLetters",
        _ => "Messages",
    };
    format!("Sends{to}")
}

/// `ListStreams` takes no single stream, but the table's (AWS SAM, `DynamoDBStreamReadPolicy`).
fn consumes(to: &Node, physical: &Physical) -> Vec<Statement> {
    const READ: &[&str] =
        &["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];
    const RECEIVE: &[&str] = &["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];
    if *to != Node::Stream {
        return vec![Statement::allow("Consumes", RECEIVE, arn(to, physical))];
    }
    let streams = local("dynamodb", &format!("table/{}/stream/*", physical.table()));
    vec![
        Statement::allow("Consumes", READ, arn(to, physical)),
        Statement::allow("FindsStreams", &["dynamodb:ListStreams"], streams),
    ]
}

fn passes(role: Value) -> Statement {
    let only = json!({ "StringEquals": { "iam:PassedToService": "scheduler.amazonaws.com" } });
    Statement::allow("PassesRole", &["iam:PassRole"], role).when(only)
}

/// Without `ListBucket` a missing object is "access denied" instead of "not found".
fn keeps(to: &Node, physical: &Physical) -> Vec<Statement> {
    const KEEP: &[&str] = &["s3:DeleteObject", "s3:GetObject", "s3:PutObject"];
    let Node::State(plugin) = to else { return Vec::new() };
    let bucket = StateBucket::new(physical, plugin, None);
    vec![
        Statement::allow("KeepsObjects", KEEP, arn(to, physical)),
        Statement::allow("FindsObjects", &["s3:ListBucket"], bucket.arn()),
    ]
}

/// It is the sender that is narrow, not the identity: SES also checks the identity of a parent
/// domain, in the sandbox that of the recipient, and the identity's own configuration set (SES
/// developer guide, "Identity-based policies": restricting the From address).
fn mails(to: &Node, physical: &Physical) -> Vec<Statement> {
    let Node::Sender(from) = to else { return Vec::new() };
    let identities = arn(&Node::Sender("*".to_owned()), physical);
    let sender = json!({ "StringEquals": { "ses:FromAddress": bare(from) } });
    let mut statement =
        Statement::allow("Mails", &["ses:SendEmail", "ses:SendRawEmail"], identities).when(sender);
    statement.resource.push(local("ses", "configuration-set/*"));
    vec![statement]
}

/// `Monitor <a@b.example>` is sent under the identity `a@b.example`.
fn bare(from: &str) -> &str {
    let inner = from.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or(from, |(address, _)| address).trim()
}

/// A function's group is made by the stack: what it may not create does not come back after a
/// destroy. SNS asks for its group to be creatable, whether it is there or not.
fn log_actions(to: &Node) -> &'static [&'static str] {
    match to {
        Node::TopicLog => &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        _ => &["logs:CreateLogStream", "logs:PutLogEvents"],
    }
}
