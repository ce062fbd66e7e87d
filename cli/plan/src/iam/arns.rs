//! ARNs of nodes. The core's own come from its resources; those of plugin stacks are written from
//! names, since an emulator's nested stacks forget the attributes of what did not change.

use crate::plan::{Node, Physical, StateBucket};
use serde_json::{Value, json};

/// An ARN of this partition, region and account.
pub(super) fn local(service: &str, rest: &str) -> Value {
    let head = format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}");
    json!({ "Fn::Sub": format!("{head}:{rest}") })
}

/// Whether a text names every resource there is, or every one of a kind: `*`, `arn:aws:s3:::*`,
/// `arn:aws:dynamodb:eu-west-1:123456789012:table/*`.
pub(crate) fn is_everything(text: &str) -> bool {
    let plain = without_names(text);
    let parts: Vec<&str> = plain.splitn(6, ':').collect();
    let [_, _, service, _, _, resource] = parts.as_slice() else { return plain.ends_with('*') };
    // What stands before the slash of S3's is a bucket.
    let is_kind = |kind: &str| {
        *service != "s3" && kind.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
    };
    let kind = resource.strip_suffix("/*").or(resource.strip_suffix(":*"));
    *resource == "*" || kind.is_some_and(is_kind)
}

/// The text with a `$` for each `${...}`, whose colons are no ARN's.
fn without_names(text: &str) -> String {
    let mut pieces = text.split("${");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |plain, piece| match piece.split_once('}') {
        Some((_, rest)) => format!("{plain}${rest}"),
        None => plain,
    })
}

fn of(id: &str) -> Value {
    json!({ "Fn::GetAtt": [id, "Arn"] })
}

/// The ARN of a node, as a statement's resource.
pub(super) fn arn(node: &Node, physical: &Physical) -> Value {
    match node {
        Node::Api => local("execute-api", &format!("{}/*", physical.prefix())),
        Node::Table => of("Table"),
        Node::Stream => json!({ "Fn::GetAtt": ["Table", "StreamArn"] }),
        Node::StreamDead => of("StreamDeadQueue"),
        Node::Changes => of("ChangeQueue"),
        Node::ChangesDead => of("ChangeDeadQueue"),
        Node::Schedules => local("scheduler", &format!("schedule/{}/*", physical.prefix())),
        Node::SchedulesDead => of("ScheduleDeadQueue"),
        Node::SchedulerRole => of("SchedulerRole"),
        Node::Topic => json!({ "Ref": "Topic" }),
        Node::TopicLogger => of("TopicLogRole"),
        Node::TopicLog => log_group(&topic_log(physical)),
        Node::Undelivered => of("UndeliveredQueue"),
        Node::Alarms => local("cloudwatch", &format!("alarm:{}-*", physical.prefix())),
        Node::AlarmTopic => json!({ "Ref": "AlarmTopic" }),
        Node::External(arn) => json!(arn),
        Node::Function(name) => local("lambda", &format!("function:{}", physical.function(name))),
        Node::FunctionLog(name) => log_group(&physical.function_log(name)),
        Node::Buffer(plugin) => local("sqs", &physical.buffer(plugin)),
        Node::Dead(plugin) => local("sqs", &physical.dead(plugin)),
        Node::State(plugin) => StateBucket::new(physical, plugin, None).state_objects(),
        Node::Sender(address) => local("ses", &format!("identity/{address}")),
    }
}

/// SNS fixes the name, without a slash at its start.
fn topic_log(physical: &Physical) -> String {
    format!("sns/${{AWS::Region}}/${{AWS::AccountId}}/{}/Failure", physical.topic())
}

/// The streams of a log group.
fn log_group(name: &str) -> Value {
    local("logs", &format!("log-group:{name}:*"))
}

/// The ARN of a role of this stack: unnamed, so that its reference is its name.
pub(crate) fn role_arn(logical_id: &str) -> Value {
    let head = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role";
    json!({ "Fn::Sub": format!("{head}/${{{logical_id}}}") })
}

/// The ARN of a function of this stack, whose reference is its name.
pub(crate) fn function_arn(logical_id: &str) -> Value {
    local("lambda", &format!("function:${{{logical_id}}}"))
}

/// The ARN of a queue, from its name.
pub(crate) fn queue_arn(name: &str) -> Value {
    local("sqs", name)
}

/// The ARN of a topic, from its name.
pub(crate) fn topic_arn(name: &str) -> Value {
    local("sns", name)
}

#[cfg(test)]
mod tests {
    use super::is_everything;

    #[test]
    fn what_names_everything_is_told_from_what_names_something() {
        for text in [
            "*",
            "arn:*",
            "arn:aws:s3:::*",
            "arn:${AWS::Partition}:s3:::*",
            "arn:aws:sqs:*:*:*",
            "arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:table/*",
            "arn:aws:logs:eu-west-1:123456789012:log-group:*",
        ] {
            assert!(is_everything(text), "{text}");
        }
        for text in [
            "arn:aws:s3:::pages/*",
            "arn:${AWS::Partition}:s3:::${Pages}/*",
            "arn:aws:sqs:*:*:pages",
            "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:svc-dev-*",
            "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/mine:*",
            "arn:aws:execute-api:eu-west-1:123456789012:${Api}/*",
            "${Queue.Arn}",
        ] {
            assert!(!is_everything(text), "{text}");
        }
    }
}
