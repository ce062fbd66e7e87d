//! Sizes of what stands in a resource.

use super::findings::Fault;
use super::view::{Resource, View};
use crate::limits::ENVIRONMENT_BYTES;
use serde_json::Value;

/// Type, property, longest name (botocore 1.44.5, service models).
const NAMES: &[(&str, &str, usize)] = &[
    ("AWS::ApiGatewayV2::Api", "Name", 128),
    ("AWS::Cognito::UserPool", "UserPoolName", 128),
    ("AWS::DynamoDB::Table", "TableName", 255),
    ("AWS::IAM::Role", "RoleName", 64),
    ("AWS::Lambda::Function", "FunctionName", 64),
    ("AWS::Logs::LogGroup", "LogGroupName", 512),
    ("AWS::SNS::Topic", "TopicName", 256),
    ("AWS::SQS::Queue", "QueueName", 80),
    ("AWS::S3::Bucket", "BucketName", 63),
    ("AWS::Scheduler::ScheduleGroup", "Name", 64),
];

pub(super) fn names<'a>(view: &View<'a>) -> Vec<Fault<'a>> {
    let named = NAMES.iter().flat_map(|limit| view.typed(limit.0).map(move |one| (one, limit)));
    let long = named.filter(|(one, limit)| length(one.get(limit.1)) > limit.2);
    long.map(|(one, limit)| {
        let (property, allowed) = (limit.1, limit.2);
        let found = length(one.get(property));
        (one, format!("has a `{property}` of {found} characters; AWS takes {allowed}"))
    })
    .collect()
}

/// An account has twelve digits, a region at most fourteen letters.
fn length(name: &Value) -> usize {
    let text = name.get("Fn::Sub").unwrap_or(name).as_str().unwrap_or_default();
    let text = text.replace("${AWS::AccountId}", &"0".repeat(12));
    text.replace("${AWS::Region}", &"r".repeat(14)).len()
}

pub(super) fn environments<'a>(view: &View<'a>) -> Vec<Fault<'a>> {
    let sized = view.typed("AWS::Lambda::Function").map(|one| (one, environment(&one)));
    let large = sized.filter(|(_, bytes)| *bytes > ENVIRONMENT_BYTES);
    large
        .map(|(one, bytes)| {
            (one, format!("has {bytes} bytes of environment; Lambda takes {ENVIRONMENT_BYTES}"))
        })
        .collect()
}

fn environment(function: &Resource<'_>) -> usize {
    let variables = function.get("Environment").get("Variables").and_then(Value::as_object);
    let sizes = variables.into_iter().flatten().map(|(key, value)| key.len() + written(value));
    sizes.sum()
}

fn written(value: &Value) -> usize {
    value.as_str().map_or_else(|| value.to_string().len(), str::len)
}
