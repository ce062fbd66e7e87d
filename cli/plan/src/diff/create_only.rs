//! Which properties cannot change without a new resource.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A property that cannot change in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CreateOnly {
    /// Such as `TableName` or `Template.TemplateName`; `*` stands for every element.
    pub(super) path: &'static str,
    /// Whether it always means a new resource.
    pub(super) certain: Certainty,
}

/// How sure a replacement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// It depends on a value that CloudFormation works out, or on the state of the resource.
    Possible,
    /// Whatever the values.
    Certain,
}

/// What the schemas do not say, or say less clearly than the services, which refuse the change.
const BESIDES: &[(&str, &str)] = &[
    ("AWS::Cognito::UserPool", "AliasAttributes"),
    ("AWS::Cognito::UserPool", "UsernameAttributes"),
    ("AWS::Cognito::UserPool", "UsernameConfiguration"),
    ("AWS::DynamoDB::GlobalTable", "KeySchema"),
    ("AWS::DynamoDB::Table", "KeySchema"),
];

static SCHEMAS: LazyLock<BTreeMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let lines = include_str!("create_only.txt").lines().filter(|line| !line.starts_with('#'));
    let words = lines.map(|line| line.split(' '));
    words.filter_map(|mut words| Some((words.next()?, words.collect()))).collect()
});

/// Those of a type; none where the type is unknown, such as a custom resource's.
pub(super) fn create_only(resource_type: &str) -> Vec<CreateOnly> {
    let besides = BESIDES.iter().filter(|(name, _)| *name == resource_type);
    let besides = besides.map(|(_, path)| CreateOnly { path, certain: Certainty::Certain });
    let schema = SCHEMAS.get(resource_type).into_iter().flatten();
    let schema = schema.map(|word| match word.strip_prefix('?') {
        Some(path) => CreateOnly { path, certain: Certainty::Possible },
        None => CreateOnly { path: word, certain: Certainty::Certain },
    });
    besides.chain(schema).collect()
}

/// Types whose name is one of a kind in its account and region. CloudFormation makes the new
/// resource before it deletes the old one, so it refuses to replace what keeps such a name.
const NAMED: &[(&str, &str)] = &[
    ("AWS::CloudWatch::Alarm", "AlarmName"),
    ("AWS::DynamoDB::Table", "TableName"),
    ("AWS::Events::Rule", "Name"),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName"),
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::Kinesis::Stream", "Name"),
    ("AWS::Lambda::Function", "FunctionName"),
    ("AWS::Logs::LogGroup", "LogGroupName"),
    ("AWS::RDS::DBCluster", "DBClusterIdentifier"),
    ("AWS::RDS::DBInstance", "DBInstanceIdentifier"),
    ("AWS::S3::Bucket", "BucketName"),
    ("AWS::SNS::Topic", "TopicName"),
    ("AWS::SQS::Queue", "QueueName"),
    ("AWS::Scheduler::ScheduleGroup", "Name"),
    ("AWS::SecretsManager::Secret", "Name"),
];

/// The property by which a template names a resource, where the name is one of a kind.
pub(super) fn name_property(resource_type: &str) -> Option<&'static str> {
    NAMED.iter().find(|(name, _)| *name == resource_type).map(|(_, path)| *path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn types(folder: &Path) -> BTreeSet<String> {
        #[expect(clippy::disallowed_methods, reason = "a test reads the golden templates")]
        let entries = std::fs::read_dir(folder).unwrap();
        let mut found = BTreeSet::new();
        for path in entries.map(|entry| entry.unwrap().path()) {
            #[expect(clippy::disallowed_methods, reason = "a test reads the golden templates")]
            if path.is_dir() {
                found.extend(types(&path));
            } else if path.extension().is_some_and(|end| end == "json") {
                let template: Value =
                    serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
                let resources = template["Resources"].as_object().into_iter().flatten();
                found.extend(resources.map(|(_, one)| one["Type"].as_str().unwrap().to_owned()));
            }
        }
        found
    }

    #[test]
    fn every_type_of_the_golden_templates_is_known() {
        // Tests run in their crate's folder.
        let types = types(Path::new("../../tests/golden-templates"));
        assert!(types.len() > 20, "{types:?}");
        let unknown: Vec<_> =
            types.iter().filter(|name| !SCHEMAS.contains_key(name.as_str())).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    #[test]
    fn whatever_has_a_name_of_its_own_cannot_change_it() {
        for (resource_type, name) in NAMED {
            let found = create_only(resource_type);
            assert!(found.iter().any(|one| one.path == *name), "{resource_type}: {found:?}");
        }
    }
}
