//! Sizes.

use super::view::View;
use crate::limits::ENVIRONMENT_BYTES;
use crate::template::canonical;
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
/// Bytes of a template that is fetched from S3 (CloudFormation quotas).
const TEMPLATE_BYTES: usize = 1_000_000;
/// Resources of a template (CloudFormation quotas).
const RESOURCES: usize = 500;

pub(super) fn names(view: &View<'_>) -> Vec<String> {
    let named = NAMES.iter().flat_map(|limit| view.typed(limit.0).map(move |one| (one, limit)));
    let long = named.filter(|(one, limit)| length(one.get(limit.1)) > limit.2);
    long.map(|(one, limit)| format!("`{}` has a name of over {} characters", one.id, limit.2))
        .collect()
}

/// An account has twelve digits, a region at most fourteen letters.
fn length(name: &Value) -> usize {
    let text = name.get("Fn::Sub").unwrap_or(name).as_str().unwrap_or_default();
    let text = text.replace("${AWS::AccountId}", &"0".repeat(12));
    text.replace("${AWS::Region}", &"r".repeat(14)).len()
}

pub(super) fn environments(view: &View<'_>) -> Vec<String> {
    let all = view.typed("AWS::Lambda::Function").filter(|one| {
        let variables = one.get("Environment").get("Variables").and_then(Value::as_object);
        let bytes = variables.into_iter().flatten().map(|(key, value)| key.len() + written(value));
        bytes.sum::<usize>() > ENVIRONMENT_BYTES
    });
    all.map(|one| format!("`{}` has more than {ENVIRONMENT_BYTES} bytes of environment", one.id))
        .collect()
}

fn written(value: &Value) -> usize {
    value.as_str().map_or_else(|| value.to_string().len(), str::len)
}

/// Of the template as a whole.
pub(super) fn size(template: &Value) -> Vec<String> {
    let bytes = canonical(template).len();
    let resources = View::of(template).all().count();
    let big = (bytes > TEMPLATE_BYTES).then(|| format!("the template has {bytes} bytes"));
    let many = (resources > RESOURCES).then(|| format!("the template has {resources} resources"));
    big.into_iter().chain(many).collect()
}
