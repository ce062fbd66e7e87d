//! Resources that hold data, and when a deploy would lose it.

use super::changes::Action;
use super::create_only::Certainty;
use super::replacement::Replacement;
use serde_json::Value;

/// Types that hold what a deploy cannot bring back.
const STATEFUL: &[&str] = &[
    "AWS::Backup::BackupVault",
    "AWS::Cognito::UserPool",
    "AWS::DSQL::Cluster",
    "AWS::DocDB::DBCluster",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::EC2::Volume",
    "AWS::ECR::Repository",
    "AWS::EFS::FileSystem",
    "AWS::FSx::FileSystem",
    "AWS::KMS::Key",
    "AWS::Kinesis::Stream",
    "AWS::MSK::Cluster",
    "AWS::Neptune::DBCluster",
    "AWS::OpenSearchService::Domain",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
    "AWS::S3::Bucket",
    "AWS::S3Tables::TableBucket",
    "AWS::Scheduler::ScheduleGroup",
    "AWS::SecretsManager::Secret",
    "AWS::Timestream::Table",
];

/// Whether a resource of this type holds what a deploy cannot bring back. What is refused, what the
/// change set is held against and what a stack policy forbids all go by this.
#[must_use]
pub fn holds_data(resource_type: &str) -> bool {
    STATEFUL.contains(&resource_type)
}

/// A nested stack whose template could not be read may hold anything.
pub(super) const UNREAD: &str = "it is removed, and what it holds could not be read";

/// Why a change of a deployed resource would lose data, where it would.
pub(super) fn data_loss(
    action: Action,
    old: &Value,
    replacement: Option<&Replacement>,
) -> Option<String> {
    let resource_type = old.get("Type").and_then(Value::as_str).unwrap_or_default();
    if !holds_data(resource_type) {
        return None;
    }
    match action {
        Action::Add => None,
        Action::Remove if is_retained(old) => None,
        Action::Remove => Some("it is removed".to_owned()),
        Action::Change => replacement.map(reason),
    }
}

fn reason(replacement: &Replacement) -> String {
    let Replacement { property, certainty, follows, keeps_name: _ } = replacement;
    let with = follows.as_ref().map(|other| format!(" with `{other}`")).unwrap_or_default();
    match certainty {
        Certainty::Certain => format!("it is replaced, since `{property}` changes{with}"),
        Certainty::Possible => format!("it may be replaced, since `{property}` changes{with}"),
    }
}

/// CloudFormation obeys the policy of the template that is deployed.
fn is_retained(old: &Value) -> bool {
    let policy = old.get("DeletionPolicy").and_then(Value::as_str);
    matches!(policy, Some("Retain" | "RetainExceptOnCreate"))
}
