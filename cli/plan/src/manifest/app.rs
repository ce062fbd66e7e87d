//! `scheduler.toml`.

use super::rules;
use super::values::{ArchitectureName, EnvValueSource, MailTable, SchemaSource, StateTable};
use crate::limits::FILTERED_SUBSCRIPTIONS;
use crate::names::{PLUGIN_NAME_MAX, REGIONS};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The app: a service, its plugins and its environments.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "scheduler.toml")]
pub struct Manifest {
    /// What is deployed, and from which folders.
    #[schemars(required)]
    pub service: Option<ServiceTable>,
    /// Job types with no plugin folder, by name: somebody else consumes their ticks, or nobody.
    #[serde(default)]
    #[schemars(extend("propertyNames" = rules::job_type_name()))]
    #[schemars(extend("x-tombi-additional-key-label" = "job_type"))]
    pub job_types: BTreeMap<String, InlineJobTypeTable>,
    /// Environments, by name; each is a deployment of its own. Where none is written, `dev` and
    /// `prod` exist with every default. `local` is taken: it means this machine.
    #[serde(default)]
    #[schemars(extend("propertyNames" = rules::env_name(), "x-tombi-additional-key-label" = "env"))]
    pub env: BTreeMap<String, EnvTable>,
}

/// What is deployed, and from which folders.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceTable {
    /// The service's name. It begins every name in AWS: a deployment is `<name>-<env>`.
    #[schemars(required, transform = rules::service_name)]
    #[schemars(extend("examples" = ["page-monitor"]))]
    pub name: Option<String>,
    /// The AWS region.
    #[schemars(extend("enum" = REGIONS, "default" = "eu-central-1", "examples" = ["eu-west-1"]))]
    pub region: Option<String>,
    /// Where the plugins are: folders, relative to this file. Each one with a `plugin.toml` is a
    /// plugin, and a `*` stands for any part of a name.
    #[schemars(extend("default" = ["plugins/*"], "examples" = [["plugins/*", "more/mailer"]]))]
    pub plugins: Option<Vec<String>>,
    /// The processor of all functions.
    #[schemars(extend("default" = "x86_64", "examples" = ["arm64"]))]
    pub architecture: Option<ArchitectureName>,
}

/// A job type with no plugin folder.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InlineJobTypeTable {
    /// What people see in place of the name.
    #[schemars(extend("examples" = ["Ping a host"]))]
    pub title: Option<String>,
    /// The fields that a job of this type has beside those of every job: JSON Schema, draft
    /// 2020-12, as a table or as the path of a JSON file. Without it there are none.
    #[schemars(extend("examples" = [rules::schema_example()]))]
    pub schema: Option<SchemaSource>,
    /// Who receives the ticks. Without it, nobody does.
    pub consumer: Option<ExternalConsumerTable>,
}

/// A consumer that exists already.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = rules::external_consumer)]
pub struct ExternalConsumerTable {
    /// The ARN of a standard SQS queue. Its policy has to let the distribution topic send to it.
    #[schemars(transform = rules::queue_arn)]
    #[schemars(extend("examples" = ["arn:aws:sqs:eu-central-1:123456789012:pings"]))]
    pub queue_arn: Option<String>,
    /// The ARN of a Lambda function in the account and the region that are deployed to.
    #[schemars(transform = rules::function_arn)]
    #[schemars(extend("examples" = ["arn:aws:lambda:eu-central-1:123456789012:function:pinger"]))]
    pub function_arn: Option<String>,
    /// An https URL that SNS posts ticks to.
    #[schemars(extend("not" = {}, "examples" = ["https://example.com/ticks"]))]
    pub url: Option<String>,
}

/// One environment. Every key is optional, so an empty table is one, too.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvTable {
    /// The only AWS account that it may be deployed to. Without it, any account will do.
    #[schemars(transform = rules::account, extend("examples" = ["123456789012"]))]
    pub account: Option<String>,
    /// The region, in place of `service.region`.
    #[schemars(extend("enum" = REGIONS, "examples" = ["us-east-1"]))]
    pub region: Option<String>,
    /// The processor, in place of `service.architecture`.
    #[schemars(extend("examples" = ["arm64"]))]
    pub architecture: Option<ArchitectureName>,
    /// Protection of the stack against termination, and of what holds data against deletion.
    #[schemars(extend("default" = false, "examples" = [true]))]
    pub protect: Option<bool>,
    /// How many jobs a user may have. Without it, there is no limit.
    #[schemars(range(min = 1, max = 1000000), extend("examples" = [100]))]
    pub max_jobs_per_user: Option<u32>,
    /// An e-mail address that alarms go to; AWS asks it once whether it wants them. Without it,
    /// alarms ring in CloudWatch alone.
    #[schemars(transform = rules::mail_address)]
    #[schemars(extend("examples" = ["ops@example.com"]))]
    pub alarms: Option<String>,
    /// Domain names of your own. Without it, the addresses that AWS gives.
    #[schemars(extend("not" = {}))]
    pub domain: Option<DomainTable>,
    /// Who issues the tokens that the API accepts. Without it, a user pool of the stack's own.
    #[schemars(extend("x-default" = "`{ cognito = {} }`"))]
    pub auth: Option<AuthTable>,
    /// What AWS has granted to the account beyond its usual quotas.
    pub quotas: Option<QuotasTable>,
    /// What this environment changes of a plugin's function, by plugin name, key by key.
    #[serde(default)]
    #[schemars(extend("propertyNames" = rules::kebab(PLUGIN_NAME_MAX)))]
    #[schemars(extend("x-tombi-additional-key-label" = "plugin"))]
    pub plugins: BTreeMap<String, PluginOverrideTable>,
}

/// What AWS has granted to an account beyond its usual quotas.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuotasTable {
    /// Filter policies a topic (Amazon SNS): each consumer takes one.
    #[schemars(range(min = 200, max = 1000000), extend("examples" = [400]))]
    #[schemars(extend("default" = FILTERED_SUBSCRIPTIONS))]
    pub filtered_subscriptions: Option<u32>,
}

/// Domain names of your own.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainTable {
    /// The web UI's name.
    #[schemars(extend("examples" = ["monitor.example.com"]))]
    pub web: Option<String>,
    /// The API's name.
    #[schemars(extend("examples" = ["api.monitor.example.com"]))]
    pub api: Option<String>,
    /// The Route 53 zone that holds them.
    #[schemars(extend("examples" = ["example.com"]))]
    pub zone: Option<String>,
}

/// Who issues the API's tokens: one of both.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1, "x-limits" = "one of its keys"))]
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
    /// The tokens' `iss`, a URL.
    #[schemars(required, transform = rules::issuer)]
    #[schemars(extend("examples" = ["https://login.example.com"]))]
    pub issuer: Option<String>,
    /// The values of the tokens' `aud` that are accepted.
    #[schemars(required, length(min = 1, max = 50), extend("examples" = [["monitor"]]))]
    pub audience: Option<Vec<String>>,
}

/// What an environment changes of a plugin's function.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginOverrideTable {
    /// Memory of the function, in place of the plugin's `consumer.memory_mb`.
    #[schemars(range(min = 128, max = 10240), extend("x-unit" = "MB", "examples" = [512]))]
    pub memory_mb: Option<u32>,
    /// Time until Lambda ends a run, in place of the plugin's `consumer.timeout_seconds`.
    #[schemars(range(min = 1, max = 900), extend("x-unit" = "seconds", "examples" = [60]))]
    pub timeout_seconds: Option<u32>,
    /// Variables of the function, added to the plugin's `consumer.environment` or in place of
    /// those with the same name.
    #[serde(default)]
    #[schemars(extend("propertyNames" = rules::variable_name()))]
    #[schemars(extend("x-tombi-additional-key-label" = "VARIABLE"))]
    #[schemars(extend("examples" = [rules::environment_example()]))]
    pub environment: BTreeMap<String, EnvValueSource>,
    /// In place of the plugin's `consumer.state`.
    pub state: Option<StateTable>,
    /// In place of the plugin's `consumer.mail`.
    pub mail: Option<MailTable>,
}
