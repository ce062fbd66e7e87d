//! Where a template says who may do what.

use super::changes::{Condition, Holder, HolderKind};
use super::grants::{Grant, branches, condition, of_document};
use crate::diff::terms::term;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Every grant of a template.
pub(super) fn grants(template: &Value) -> BTreeSet<Grant> {
    let resources = template.get("Resources").and_then(Value::as_object);
    resources.into_iter().flatten().flat_map(|(id, resource)| of_resource(id, resource)).collect()
}

/// Type, property that names what the policy is of (none: the resource itself), and the property
/// that holds the document.
const RESOURCE_POLICIES: &[(&str, Option<&str>, &str)] = &[
    ("AWS::ApiGateway::RestApi", None, "Policy"),
    ("AWS::ECR::Repository", None, "RepositoryPolicyText"),
    ("AWS::EFS::FileSystem", None, "FileSystemPolicy"),
    ("AWS::KMS::Key", None, "KeyPolicy"),
    ("AWS::Kinesis::ResourcePolicy", Some("ResourceArn"), "ResourcePolicy"),
    ("AWS::Lambda::ResourcePolicy", Some("ResourceArn"), "PolicyDocument"),
    ("AWS::Logs::ResourcePolicy", None, "PolicyDocument"),
    ("AWS::S3::AccessPoint", None, "Policy"),
    ("AWS::S3::BucketPolicy", Some("Bucket"), "PolicyDocument"),
    ("AWS::SNS::TopicInlinePolicy", Some("TopicArn"), "PolicyDocument"),
    ("AWS::SNS::TopicPolicy", Some("Topics"), "PolicyDocument"),
    ("AWS::SQS::QueueInlinePolicy", Some("Queue"), "PolicyDocument"),
    ("AWS::SQS::QueuePolicy", Some("Queues"), "PolicyDocument"),
    ("AWS::SecretsManager::ResourcePolicy", Some("SecretId"), "ResourcePolicy"),
];

/// Properties that list to whom a policy is attached.
const ATTACHED: [(&str, HolderKind); 6] = [
    ("Roles", HolderKind::Role),
    ("Users", HolderKind::User),
    ("Groups", HolderKind::Group),
    ("RoleName", HolderKind::Role),
    ("UserName", HolderKind::User),
    ("GroupName", HolderKind::Group),
];

fn of_resource(id: &str, resource: &Value) -> Vec<Grant> {
    let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
    let Some(properties) = resource.get("Properties").and_then(Value::as_object) else {
        return Vec::new();
    };
    let itself = |kind| Holder { kind, name: id.to_owned() };
    match kind {
        "AWS::IAM::Role" => {
            let trust = properties.get("AssumeRolePolicyDocument");
            let trust = trust.map(|one| of_document(&itself(HolderKind::Trust), one));
            let mut grants = inline(&itself(HolderKind::Role), properties);
            grants.extend(trust.into_iter().flatten());
            grants
        }
        "AWS::IAM::User" => inline(&itself(HolderKind::User), properties),
        "AWS::IAM::Group" => inline(&itself(HolderKind::Group), properties),
        "AWS::IAM::Policy"
        | "AWS::IAM::RolePolicy"
        | "AWS::IAM::UserPolicy"
        | "AWS::IAM::GroupPolicy" => attached(properties, holders(properties)),
        "AWS::IAM::ManagedPolicy" => {
            let holders = holders(properties);
            let nobody = holders.is_empty();
            let whoever = nobody.then(|| itself(HolderKind::ManagedPolicy));
            attached(properties, holders.into_iter().chain(whoever).collect())
        }
        "AWS::Lambda::Permission" => permission(properties).into_iter().collect(),
        kind => of_policy(kind, id, properties),
    }
}

fn inline(holder: &Holder, properties: &Map<String, Value>) -> Vec<Grant> {
    let each = |name: &str| properties.get(name).map(branches).into_iter().flatten();
    let policies = each("Policies").filter_map(|policy| policy.get("PolicyDocument"));
    let policies = policies.flat_map(|document| of_document(holder, document));
    let opaque = |denies, action: String| Grant {
        holder: holder.clone(),
        denies,
        principal: String::new(),
        action,
        resource: "*".to_owned(),
        condition: Condition::new(),
    };
    let managed = each("ManagedPolicyArns");
    let managed = managed.map(|arn| opaque(false, format!("managed-policy:{}", term(arn))));
    let boundary = each("PermissionsBoundary");
    let boundary = boundary.map(|arn| opaque(true, format!("beyond-boundary:{}", term(arn))));
    policies.chain(managed).chain(boundary).collect()
}

/// What a policy that is a resource of its own is attached to.
fn holders(properties: &Map<String, Value>) -> Vec<Holder> {
    let listed = ATTACHED.iter().flat_map(|(property, kind)| {
        let names = properties.get(*property).map(branches).into_iter().flatten();
        names.map(|name| Holder { kind: *kind, name: name_of(name) })
    });
    listed.collect()
}

fn attached(properties: &Map<String, Value>, holders: Vec<Holder>) -> Vec<Grant> {
    let document = properties.get("PolicyDocument").unwrap_or(&Value::Null);
    holders.iter().flat_map(|holder| of_document(holder, document)).collect()
}

fn of_policy(kind: &str, id: &str, properties: &Map<String, Value>) -> Vec<Grant> {
    let known = RESOURCE_POLICIES.iter().find(|(name, ..)| *name == kind);
    let Some((_, target, document)) = known else { return Vec::new() };
    let names = match target {
        None => vec![id.to_owned()],
        Some(target) => {
            properties.get(*target).map(branches).into_iter().flatten().map(name_of).collect()
        }
    };
    let document = properties.get(*document).unwrap_or(&Value::Null);
    let holder = |name| Holder { kind: HolderKind::Resource, name };
    names.into_iter().flat_map(|name| of_document(&holder(name), document)).collect()
}

/// A permission of a function is a statement of its policy.
fn permission(properties: &Map<String, Value>) -> Option<Grant> {
    let text = |name: &str| properties.get(name).map(term);
    let function = name_of(properties.get("FunctionName")?);
    let mut conditions = Map::new();
    for (property, operator, key) in [
        ("SourceArn", "ArnLike", "aws:SourceArn"),
        ("SourceAccount", "StringEquals", "aws:SourceAccount"),
        ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
        ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
        ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
        ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
    ] {
        if let Some(value) = properties.get(property) {
            let keys = conditions.entry(operator).or_insert_with(|| json!({}));
            keys[key] = value.clone();
        }
    }
    Some(Grant {
        holder: Holder { kind: HolderKind::Resource, name: function.clone() },
        denies: false,
        principal: text("Principal").unwrap_or_default(),
        action: text("Action").unwrap_or_default(),
        resource: function,
        condition: condition(&Value::Object(conditions)),
    })
}

/// `Table` of `{"Ref": "Table"}` and of `{"Fn::GetAtt": ["Table", "Arn"]}`; else the text.
fn name_of(value: &Value) -> String {
    let text = term(value);
    let inner = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    match inner.filter(|inner| !inner.contains("${")) {
        Some(path) => path.split('.').next().unwrap_or(path).to_owned(),
        None => text,
    }
}
