//! Resources that hold data, and when a deploy would lose it.

use super::changes::{Action, PropertyChange};
use serde_json::Value;

/// Type -> properties that cannot change without a new resource (CloudFormation's resource
/// schemas, `createOnlyProperties`; for keys and user names, what the services refuse to change).
const STATEFUL: &[(&str, &[&str])] = &[
    ("AWS::Cognito::UserPool", &["AliasAttributes", "UsernameAttributes", "UsernameConfiguration"]),
    ("AWS::DocDB::DBCluster", &["DBClusterIdentifier", "StorageEncrypted"]),
    ("AWS::DynamoDB::GlobalTable", &["TableName", "KeySchema"]),
    ("AWS::DynamoDB::Table", &["TableName", "KeySchema"]),
    ("AWS::EFS::FileSystem", &["AvailabilityZoneName", "Encrypted", "KmsKeyId", "PerformanceMode"]),
    ("AWS::KMS::Key", &[]),
    ("AWS::RDS::DBCluster", &["DBClusterIdentifier", "DatabaseName", "StorageEncrypted"]),
    ("AWS::RDS::DBInstance", &["DBInstanceIdentifier", "DBName", "StorageEncrypted"]),
    ("AWS::S3::Bucket", &["BucketName"]),
    ("AWS::Scheduler::ScheduleGroup", &["Name"]),
    ("AWS::SecretsManager::Secret", &["Name"]),
];

/// A nested stack whose template could not be read may hold anything.
pub(super) const UNREAD: &str = "it is removed, and what it holds could not be read";

fn create_only(resource_type: &str) -> Option<&'static [&'static str]> {
    STATEFUL.iter().find(|(name, _)| *name == resource_type).map(|(_, keys)| *keys)
}

/// Why a change of a deployed resource would lose data, where it would.
pub(super) fn data_loss(
    action: Action,
    old: &Value,
    properties: &[PropertyChange],
) -> Option<String> {
    let resource_type = old.get("Type").and_then(Value::as_str).unwrap_or_default();
    let keys = create_only(resource_type)?;
    match action {
        Action::Add => None,
        Action::Remove if is_retained(old) => None,
        Action::Remove => Some("it is removed".to_owned()),
        Action::Change => {
            let cause = properties.iter().find(|change| replaces(&change.path, keys))?;
            Some(format!("it is replaced, since `{}` changes", cause.path))
        }
    }
}

fn replaces(path: &str, keys: &[&str]) -> bool {
    let first = path.split(['.', '[']).next().unwrap_or(path);
    path == "Type" || keys.contains(&first)
}

/// CloudFormation obeys the policy of the template that is deployed.
fn is_retained(old: &Value) -> bool {
    let policy = old.get("DeletionPolicy").and_then(Value::as_str);
    matches!(policy, Some("Retain" | "RetainExceptOnCreate"))
}
