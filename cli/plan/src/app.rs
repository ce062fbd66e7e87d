//! The app as decided: every default applied, every name parsed, one env chosen.
//!
//! Made by `resolve`, read by everything after it. Nothing here is optional because "it was not
//! written"; an `Option` means that the thing itself may be absent.

use crate::limits::FILTERED_SUBSCRIPTIONS;
use crate::names::{AccountId, Architecture, EnvName, JobType, PluginName, Region, ServiceName};
use serde_json::Value;
use std::collections::BTreeMap;

/// One service in one env.
#[derive(Debug, Clone, PartialEq)]
pub struct App {
    /// `[service].name`.
    pub service: ServiceName,
    /// The env that was chosen.
    pub env: EnvName,
    /// Where it runs.
    pub region: Region,
    /// The only account that it may be deployed to, where one is named.
    pub account: Option<AccountId>,
    /// Termination and deletion protection.
    pub protect: bool,
    /// How many jobs a user may have, if there is a limit.
    pub max_jobs_per_user: Option<u32>,
    /// The e-mail address that alarms go to, if to any.
    pub alarms: Option<String>,
    /// The processor of all functions.
    pub architecture: Architecture,
    /// Who issues the tokens of the API.
    pub auth: Auth,
    /// What AWS takes in the account.
    pub quotas: Quotas,
    /// Every installed plugin, by name.
    pub plugins: Vec<Plugin>,
    /// Every job type, with what provides it.
    pub job_types: BTreeMap<JobType, JobTypeDef>,
}

impl App {
    /// `<service>-<env>`: the stack's name, and what every named object starts with.
    #[must_use]
    pub fn prefix(&self) -> String {
        format!("{}-{}", self.service, self.env)
    }

    /// The document that the core functions carry as `job_types.json` and that `GET /job_types`
    /// answers: job type -> JSON Schema of a whole job.
    #[must_use]
    pub fn job_types_document(&self) -> Value {
        let merged =
            self.job_types.iter().map(|(name, def)| (name.to_string(), def.schema.clone()));
        Value::Object(merged.collect())
    }
}

/// What AWS takes in an account, where it can differ between accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Filtered subscriptions of a topic.
    pub filtered_subscriptions: usize,
}

impl Default for Quotas {
    fn default() -> Self {
        Self { filtered_subscriptions: FILTERED_SUBSCRIPTIONS }
    }
}

/// Who issues the tokens of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// A user pool and a client of the stack's own.
    Cognito,
    /// Somebody else's issuer.
    Jwt {
        /// The `iss` claim, an https URL.
        issuer: String,
        /// Accepted `aud` claims.
        audience: Vec<String>,
    },
}

/// A job type and its whole schema.
#[derive(Debug, Clone, PartialEq)]
pub struct JobTypeDef {
    /// What provides it.
    pub provider: Provider,
    /// For people.
    pub title: Option<String>,
    /// The merged JSON Schema (2020-12) of a whole job: the type's own fields, the core fields
    /// (`readOnly` where the server decides), unknown fields refused.
    pub schema: Value,
}

/// What provides a job type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provider {
    /// A plugin folder.
    Plugin(PluginName),
    /// `scheduler.toml` itself; somebody else may consume.
    Inline {
        /// Who takes the ticks, if anybody.
        consumer: Option<External>,
    },
}

/// One plugin folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Plugin {
    /// The folder's name.
    pub name: PluginName,
    /// The folder, relative to the project, with forward slashes.
    pub dir: String,
    /// For people.
    pub description: Option<String>,
    /// The types that it defines, sorted.
    pub job_types: Vec<JobType>,
    /// What receives the ticks; `None`: the folder only defines types.
    pub consumer: Option<Consumer>,
    /// Its own infrastructure.
    pub resources: Option<ResourcesTemplate>,
}

/// What receives a plugin's ticks.
#[derive(Debug, Clone, PartialEq)]
pub enum Consumer {
    /// A function built from the folder.
    Lambda(Box<LambdaConsumer>),
    /// Somebody else's.
    External(External),
}

/// A consumer that exists already, by its ARN.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum External {
    /// A function, in the deployment's own account and region.
    Function(String),
    /// A standard queue.
    Queue(String),
}

impl External {
    /// The ARN.
    #[must_use]
    pub fn arn(&self) -> &str {
        match self {
            Self::Function(arn) | Self::Queue(arn) => arn,
        }
    }
}

/// A function built from a plugin folder.
#[derive(Debug, Clone, PartialEq)]
pub struct LambdaConsumer {
    /// How its zip is made.
    pub build: Build,
    /// What its zip is made of beside what the kind of build reads by itself, or for a command in
    /// place of its whole folder: files and folders, relative to the plugin's folder.
    pub inputs: Vec<String>,
    /// Lambda's runtime identifier, such as `provided.al2023`.
    pub runtime: String,
    /// Lambda's handler; `bootstrap` where the runtime has none.
    pub handler: String,
    /// MiB, 128 to 10240.
    pub memory_mb: u32,
    /// Seconds, 1 to 900.
    pub timeout_seconds: u32,
    /// What stands between topic and function.
    pub buffer: Buffer,
    /// Runs at once, at most; `None`: as many as the account has left.
    pub concurrency: Option<u32>,
    /// How often a failed tick comes again.
    pub retries: u32,
    /// ARNs of layers that exist already, in their order.
    pub layers: Vec<String>,
    /// The function's environment.
    pub environment: BTreeMap<String, EnvValue>,
    /// A private place to keep things between ticks.
    pub state: Option<State>,
    /// Leave to send mail.
    pub mail: Option<Mail>,
    /// What the plugin asks for itself.
    pub permissions: Vec<Permission>,
}

/// How a zip is made. Paths are relative to the plugin's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Build {
    /// `cargo lambda build` of the folder's package; `bin` is its binary.
    Rust {
        /// The binary target, which becomes `bootstrap` in the zip.
        bin: String,
    },
    /// The folder's modules, and the wheels that they need.
    Python {
        /// The file of pinned requirements.
        requirements: Option<String>,
    },
    /// The folder's JavaScript modules, and the packages that they need.
    Node {
        /// The lock file of the packages.
        lock: Option<String>,
        /// How the modules become one file; `None`: they are taken as they are.
        bundle: Option<Bundle>,
    },
    /// A script of the plugin's own that leaves a zip.
    Command {
        /// The executable.
        run: String,
        /// What it leaves.
        zip: String,
    },
    /// A zip that is there already.
    Zip {
        /// The file.
        zip: String,
    },
}

/// Modules that become one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The handler's module, which leads to all others, relative to the plugin's folder.
    pub entry: String,
    /// What the file is.
    pub format: ModuleFormat,
}

/// The two kinds of JavaScript modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModuleFormat {
    /// An ES module: `import` and `export`.
    Es,
    /// `require` and `exports`.
    CommonJs,
}

/// What stands between topic and function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Buffer {
    /// An SQS queue with a dead-letter queue.
    Queue,
    /// Nothing: SNS invokes the function.
    None,
}

/// The value of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvValue {
    /// As written.
    Text(String),
    /// `Ref` to a resource of the plugin's own template.
    Ref(String),
    /// `Fn::GetAtt`, `Resource.Attribute`.
    Att(String),
    /// A dynamic reference to a parameter of Systems Manager, by name.
    Ssm(String),
}

/// A private bucket (AWS) or folder (local).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Objects older than this many days go; `None`: never.
    pub expire_days: Option<u32>,
}

/// Leave to send mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The sender's address.
    pub from: String,
}

/// A permission that a plugin declares for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// IAM actions, `service:Action`.
    pub actions: Vec<String>,
    /// On what.
    pub resources: Vec<ArnRef>,
}

/// A resource in a plugin's permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArnRef {
    /// An ARN as written (or `*`, which `check` warns of).
    Text(String),
    /// `Ref` to a resource of the plugin's own template.
    Ref(String),
    /// `Fn::GetAtt`, `Resource.Attribute`.
    Att(String),
    /// `Fn::Sub` of a text, such as `arn:${AWS::Partition}:s3:::${MyBucket}/*`.
    Sub(String),
}

/// A plugin's own infrastructure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourcesTemplate {
    /// The template file, relative to the project.
    pub path: String,
    /// Its text, a minijinja template of a JSON fragment.
    pub text: String,
}
