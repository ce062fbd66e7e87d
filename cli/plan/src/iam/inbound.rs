//! Policies of resources: who may send to a queue, and that everybody comes over TLS.

use super::arns::arn;
use super::grants::statements;
use super::statement::{Effect, Statement};
use crate::plan::{Edge, Node, Physical, StateBucket, Verb};
use serde_json::{Value, json};

/// A queue's policy: the topic, where one of the edges, which are in their order, leads from it;
/// and TLS for all.
#[must_use]
pub fn queue_policy(
    queue: &Node,
    topic: &Value,
    edges: &[Edge],
    physical: &Physical,
) -> Vec<Statement> {
    let wanted = Edge::new(Node::Topic, Verb::Sends, queue.clone());
    let target = arn(queue, physical);
    let topic = edges.binary_search(&wanted).is_ok().then(|| from_topic(&target, topic));
    topic.into_iter().chain([tls_only("sqs:*", vec![target])]).collect()
}

/// The topic's policy. Who may publish says the publisher's role.
#[must_use]
pub fn topic_policy() -> Vec<Statement> {
    vec![tls_only("sns:Publish", vec![json!({ "Ref": "Topic" })])]
}

/// The policy of the topic that alarms are told on: alarms of this deployment, and nobody else.
#[must_use]
pub fn alarm_topic_policy(edges: &[Edge], physical: &Physical) -> Vec<Statement> {
    let ours = json!({
        "ArnLike": { "aws:SourceArn": arn(&Node::Alarms, physical) },
        "StringEquals": { "aws:SourceAccount": { "Ref": "AWS::AccountId" } }
    });
    let publishes = statements(&Node::Alarms, edges, physical).into_iter().map(|one| Statement {
        principal: Some(json!({ "Service": "cloudwatch.amazonaws.com" })),
        ..one.when(ours.clone())
    });
    publishes.chain([tls_only("sns:Publish", vec![arn(&Node::AlarmTopic, physical)])]).collect()
}

/// A bucket's policy.
#[must_use]
pub fn bucket_policy(bucket: &StateBucket) -> Vec<Statement> {
    vec![tls_only("s3:*", vec![bucket.arn(), bucket.objects()])]
}

fn from_topic(queue: &Value, topic: &Value) -> Statement {
    Statement {
        principal: Some(json!({ "Service": "sns.amazonaws.com" })),
        ..Statement::allow("TopicSends", &["sqs:SendMessage"], queue.clone())
            .when(json!({ "ArnEquals": { "aws:SourceArn": topic } }))
    }
}

/// Nothing goes over plain HTTP.
fn tls_only(action: &str, resource: Vec<Value>) -> Statement {
    Statement {
        sid: "TlsOnly".to_owned(),
        effect: Effect::Deny,
        principal: Some(json!("*")),
        action: vec![action.to_owned()],
        resource,
        condition: Some(json!({ "Bool": { "aws:SecureTransport": "false" } })),
    }
}
