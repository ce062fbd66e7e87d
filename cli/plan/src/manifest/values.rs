//! What both files, or several keys of one, say in the same way.

use super::rules;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The processor that functions run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum ArchitectureName {
    /// Intel and AMD.
    #[serde(rename = "x86_64")]
    X86_64,
    /// Graviton: about a fifth cheaper.
    #[serde(rename = "arm64")]
    Arm64,
}

/// A JSON Schema: the path of a JSON file, or a table.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SchemaSource {
    /// A path, relative to the file that names it.
    File(#[schemars(transform = rules::path)] String),
    /// The schema itself.
    Inline(#[schemars(transform = rules::own_schema)] BTreeMap<String, Value>),
}

/// The value of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum EnvValueSource {
    /// As written.
    Text(String),
    /// What `Ref` gives for a resource of the plugin's own template.
    Ref(RefTable),
    /// What `Fn::GetAtt` gives for one.
    Att(AttTable),
    /// The value of a parameter in Systems Manager.
    Ssm(SsmTable),
}

/// A reference to a resource of the plugin's own template.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefTable {
    /// The resource's logical id.
    #[schemars(extend("examples" = ["Pages"]))]
    pub r#ref: String,
}

/// An attribute of a resource of the plugin's own template.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttTable {
    /// `Resource.Attribute`.
    #[schemars(regex(pattern = rules::ATTRIBUTE), extend("x-limits" = "`Resource.Attribute`"))]
    #[schemars(extend("examples" = ["Pages.Arn"]))]
    pub att: String,
}

/// A text with `${Resource}` and `${AWS::Region}` in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubTable {
    /// The text.
    #[schemars(extend("examples" = ["arn:${AWS::Partition}:s3:::${Pages}/*"]))]
    pub sub: String,
}

/// A parameter of Systems Manager, whose value CloudFormation puts in when it changes the
/// function.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SsmTable {
    /// The parameter's name, with its version where a new value shall be rolled out.
    #[schemars(regex(pattern = rules::PARAMETER))]
    #[schemars(extend("x-limits" = "letters, digits and `.-_/`, perhaps `:` and a version"))]
    #[schemars(extend("examples" = ["/monitor/token:4"]))]
    pub ssm: String,
}

/// A private bucket (AWS) or folder (local).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StateTable {
    /// What has not been written for so long is deleted. Without it, nothing is.
    #[schemars(range(min = 1, max = 3650), extend("x-unit" = "days", "examples" = [90]))]
    pub expire_days: Option<u32>,
}

/// Leave to send mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailTable {
    /// The sender's address; it, or its domain, is verified in SES.
    #[schemars(required, transform = rules::mail_address)]
    #[schemars(extend("examples" = ["monitor@example.com"]))]
    pub from: Option<String>,
}

/// What else a function may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PermissionTable {
    /// IAM actions.
    #[schemars(required, length(min = 1), inner(regex(pattern = rules::ACTION)))]
    #[schemars(extend("examples" = [["s3:ListBucket"]]))]
    #[schemars(extend("x-limits" = "at least one, each `service:Operation`"))]
    pub actions: Option<Vec<String>>,
    /// On what: ARNs, or `{ ref }`, `{ att }` or `{ sub }` of the plugin's own template.
    #[schemars(required, length(min = 1), extend("examples" = [rules::resources_example()]))]
    pub resources: Option<Vec<ArnSource>>,
}

/// A resource of a permission.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ArnSource {
    /// An ARN as written.
    Text(String),
    /// What `Ref` gives for a resource of the plugin's own template.
    Ref(RefTable),
    /// What `Fn::GetAtt` gives for one.
    Att(AttTable),
    /// A text that `Fn::Sub` fills in.
    Sub(SubTable),
}
