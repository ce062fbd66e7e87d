//! Both TOML files as written: no default applied, nothing judged.
//!
//! These types are the one source of what the files may say: their JSON Schemas are made from
//! them, and `shape` holds a file against its schema, so that every problem is told at once and
//! with its place. Every key is therefore optional here; `#[schemars(required)]` says which ones
//! a user has to write.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// `scheduler.toml`: a service, its plugins and its environments.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What is deployed, and from which folders.
    #[schemars(required)]
    pub service: Option<ServiceTable>,
    /// Job types with no plugin folder: somebody else consumes their ticks.
    #[serde(default)]
    pub job_types: BTreeMap<String, InlineJobTypeTable>,
    /// Environments. Where none is written, `dev` and `prod` exist with every default.
    #[serde(default)]
    pub env: BTreeMap<String, EnvTable>,
}

/// What is deployed, and from which folders.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceTable {
    /// The service's name: lower-case letters, digits and hyphens, at most 24 characters.
    #[schemars(required)]
    pub name: Option<String>,
    /// The AWS region. Default: `eu-central-1`.
    pub region: Option<String>,
    /// Folders; each one with a `plugin.toml` is a plugin, and a `*` stands for any part of a
    /// name. Default: `["plugins/*"]`.
    pub plugins: Option<Vec<String>>,
    /// The processor of all functions. Default: `x86_64`.
    pub architecture: Option<ArchitectureName>,
}

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

/// A job type with no plugin folder.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InlineJobTypeTable {
    /// For people.
    pub title: Option<String>,
    /// JSON Schema (2020-12) of the type's own fields. Default: none.
    pub schema: Option<SchemaSource>,
    /// Who consumes the ticks.
    pub consumer: Option<ExternalConsumerTable>,
}

/// A consumer that exists already.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalConsumerTable {
    /// The ARN of an SQS queue. Its policy has to let the distribution topic send to it.
    pub queue_arn: Option<String>,
    /// An https URL that SNS posts ticks to.
    pub url: Option<String>,
}

/// A job type of a plugin.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobTypeTable {
    /// For people.
    pub title: Option<String>,
    /// JSON Schema (2020-12) of the type's own fields: a file of the folder, or inline.
    #[schemars(required)]
    pub schema: Option<SchemaSource>,
}

/// A JSON Schema: the path of a JSON file, or a table.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SchemaSource {
    /// A path, relative to the file that names it.
    File(String),
    /// The schema itself.
    Inline(BTreeMap<String, Value>),
}

/// One environment.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvTable {
    /// The only AWS account that it may be deployed to: twelve digits.
    pub account: Option<String>,
    /// Overrides `[service].region`.
    pub region: Option<String>,
    /// Overrides `[service].architecture`.
    pub architecture: Option<ArchitectureName>,
    /// Termination and deletion protection. Default: `false`.
    pub protect: Option<bool>,
    /// An e-mail address that alarms go to.
    pub alarms: Option<String>,
    /// Own domain names. Default: the addresses that AWS gives.
    pub domain: Option<DomainTable>,
    /// Who issues the API's tokens. Default: `{ cognito = {} }`.
    pub auth: Option<AuthTable>,
    /// What AWS has granted to the account beyond its usual quotas.
    pub quotas: Option<QuotasTable>,
    /// What this environment changes of a plugin, by plugin name.
    #[serde(default)]
    pub plugins: BTreeMap<String, PluginOverrideTable>,
}

/// What AWS has granted to an account beyond its usual quotas.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuotasTable {
    /// Filter policies a topic (Amazon SNS), one a consumer. Default: 200.
    #[schemars(range(min = 200, max = 1000000))]
    pub filtered_subscriptions: Option<u32>,
}

/// Own domain names.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainTable {
    /// The web UI's name.
    pub web: Option<String>,
    /// The API's name.
    pub api: Option<String>,
    /// The Route 53 zone that holds them.
    pub zone: Option<String>,
}

/// Who issues the API's tokens: one of both.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthTable {
    /// A user pool of the stack's own.
    pub cognito: Option<CognitoTable>,
    /// An issuer that exists already.
    pub jwt: Option<JwtTable>,
}

/// A user pool of the stack's own.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CognitoTable {}

/// An issuer that exists already. Its tokens carry `cognito:username` and `email`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JwtTable {
    /// The tokens' `iss`, an https URL.
    #[schemars(required)]
    pub issuer: Option<String>,
    /// Accepted `aud` values.
    #[schemars(required, length(min = 1, max = 50))]
    pub audience: Option<Vec<String>>,
}

/// What an environment changes of a plugin's consumer.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginOverrideTable {
    /// Overrides `[consumer].memory_mb`.
    #[schemars(range(min = 128, max = 10240))]
    pub memory_mb: Option<u32>,
    /// Overrides `[consumer].timeout_seconds`.
    #[schemars(range(min = 1, max = 900))]
    pub timeout_seconds: Option<u32>,
    /// Added to `[consumer].environment`, key by key.
    #[serde(default)]
    pub environment: BTreeMap<String, EnvValueSource>,
    /// Overrides `[consumer].state`.
    pub state: Option<StateTable>,
    /// Overrides `[consumer].mail`.
    pub mail: Option<MailTable>,
}

/// `plugin.toml`: what a plugin folder adds.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginManifest {
    /// For people.
    pub plugin: Option<PluginTable>,
    /// The job types that the plugin defines, at least one.
    #[serde(default)]
    #[schemars(required)]
    pub job_types: BTreeMap<String, JobTypeTable>,
    /// How the consumer's zip is made.
    pub build: Option<BuildTable>,
    /// What receives the ticks. Absent: the folder only defines job types.
    pub consumer: Option<ConsumerTable>,
    /// The plugin's own infrastructure.
    pub resources: Option<ResourcesTable>,
}

/// For people.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginTable {
    /// One sentence.
    pub description: Option<String>,
}

/// How the consumer's zip is made.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuildTable {
    /// The kind of build.
    #[schemars(required)]
    pub kind: Option<BuildKind>,
    /// `rust`: the binary target. Default: the package's only one.
    pub bin: Option<String>,
    /// `command`: an executable of the folder, run in the folder.
    pub run: Option<String>,
    /// `command`: the zip that it leaves. `zip`: the zip that is there.
    pub zip: Option<String>,
    /// `python`: pinned requirements.
    pub requirements: Option<String>,
}

/// The kind of build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BuildKind {
    /// A Cargo package, built by cargo-lambda.
    Rust,
    /// Python modules and wheels.
    Python,
    /// JavaScript modules.
    Node,
    /// A script of the plugin's own that leaves a zip.
    Command,
    /// A zip that is there already.
    Zip,
}

/// What receives a plugin's ticks.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsumerTable {
    /// Lambda's runtime. Default: `provided.al2023`.
    pub runtime: Option<String>,
    /// Lambda's handler, `module.function` where the runtime has one. Default: `bootstrap`.
    pub handler: Option<String>,
    /// Memory in MB, 128 to 10240. Default: 128.
    #[schemars(range(min = 128, max = 10240))]
    pub memory_mb: Option<u32>,
    /// Seconds until Lambda ends a run, 1 to 900. Default: 30.
    #[schemars(range(min = 1, max = 900))]
    pub timeout_seconds: Option<u32>,
    /// What stands between topic and function. Default: `queue`.
    pub buffer: Option<BufferName>,
    /// The function's environment.
    #[serde(default)]
    pub environment: BTreeMap<String, EnvValueSource>,
    /// A private place to keep things between ticks, told as `STATE_URL`.
    pub state: Option<StateTable>,
    /// Leave to send mail, told as `MAIL_URL` and `SOURCE_EMAIL`.
    pub mail: Option<MailTable>,
    /// What else the function may do.
    #[serde(default)]
    pub permissions: Vec<PermissionTable>,
    /// Instead of a function: the ARN of an SQS queue that exists already.
    pub queue_arn: Option<String>,
    /// Instead of a function built here: the ARN of one that exists already.
    pub function_arn: Option<String>,
}

/// What stands between topic and function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BufferName {
    /// An SQS queue with a dead-letter queue.
    Queue,
    /// Nothing: SNS invokes the function.
    None,
}

/// The value of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum EnvValueSource {
    /// As written.
    Text(String),
    /// `Ref` to a resource of the plugin's own template.
    Ref(RefTable),
    /// `Fn::GetAtt`.
    Att(AttTable),
    /// A parameter of Systems Manager.
    Ssm(SsmTable),
}

/// A reference to a resource of the plugin's own template.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefTable {
    /// The resource's logical id.
    pub r#ref: String,
}

/// An attribute of a resource of the plugin's own template.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttTable {
    /// `Resource.Attribute`.
    pub att: String,
}

/// A text with `${Resource}` and `${AWS::Region}` in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubTable {
    /// The text.
    pub sub: String,
}

/// A parameter of Systems Manager, resolved by CloudFormation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SsmTable {
    /// The parameter's name, such as `/monitor/token`.
    pub ssm: String,
}

/// A private bucket (AWS) or folder (local).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StateTable {
    /// What is older goes. Default: nothing goes.
    #[schemars(range(min = 1, max = 3650))]
    pub expire_days: Option<u32>,
}

/// Leave to send mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailTable {
    /// The sender's address, verified in SES.
    #[schemars(required)]
    pub from: Option<String>,
}

/// What else a function may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PermissionTable {
    /// IAM actions, such as `s3:ListBucket`.
    #[schemars(required, length(min = 1))]
    pub actions: Option<Vec<String>>,
    /// On what: ARNs, `{ ref }`, `{ att }` or `{ sub }`.
    #[schemars(required, length(min = 1))]
    pub resources: Option<Vec<ArnSource>>,
}

/// A resource of a permission.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ArnSource {
    /// As written.
    Text(String),
    /// `Ref`.
    Ref(RefTable),
    /// `Fn::GetAtt`.
    Att(AttTable),
    /// `Fn::Sub`.
    Sub(SubTable),
}

/// The plugin's own infrastructure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourcesTable {
    /// A template of a CloudFormation fragment, merged into the plugin's own stack.
    #[schemars(required)]
    pub template: Option<String>,
}
