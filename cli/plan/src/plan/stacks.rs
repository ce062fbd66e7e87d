//! What the stacks consist of, as decided.

use super::bucket::StateBucket;
use super::graph::Edge;
use super::physical::Physical;
use crate::app::{Auth, External, ResourcesTemplate};
use crate::iam::Statement;
use crate::names::{AccountId, Architecture, PluginName, Region};
use crate::unit::BuildUnit;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Everything that will be built and created.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The tag `Service`.
    pub service: String,
    /// The tag `Stage`.
    pub stage: String,
    /// Where it runs.
    pub region: Region,
    /// The only account that it may be deployed to, where one is named.
    pub account: Option<AccountId>,
    /// Termination and deletion protection.
    pub protect: bool,
    /// The processor of all functions.
    pub architecture: Architecture,
    /// The names of everything that has one.
    pub physical: Physical,
    /// The core first, then plugins by name.
    pub units: Vec<BuildUnit>,
    /// Who does what to whom, sorted.
    pub edges: Vec<Edge>,
    /// The core.
    pub root: RootStack,
    /// A nested stack a plugin that has anything to create, by plugin name.
    pub plugins: Vec<PluginStack>,
}

/// The root stack.
#[derive(Debug, Clone, PartialEq)]
pub struct RootStack {
    /// The core functions.
    pub functions: Vec<Function>,
    /// What the API serves.
    pub routes: Vec<Route>,
    /// Who issues the tokens of the API.
    pub auth: Auth,
    /// Job types of `scheduler.toml` that go to queues which exist already.
    pub external: Vec<Elsewhere>,
    /// The e-mail address that alarms go to, if to any.
    pub alarms: Option<String>,
    /// What schedules may do when they fire.
    pub scheduler_statements: Vec<Statement>,
    /// What the topic may do to log.
    pub logger_statements: Vec<Statement>,
}

/// A function.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// What its logical ids begin with: `ItemCreate`, `Consumer`.
    pub id: String,
    /// Its name without the prefix: the handler's or the plugin's.
    pub short: String,
    /// Its physical name.
    pub name: String,
    /// For people.
    pub description: String,
    /// The build unit that its code comes from.
    pub unit: String,
    /// Lambda's runtime identifier.
    pub runtime: String,
    /// Lambda's handler.
    pub handler: String,
    /// MiB.
    pub memory_mb: u32,
    /// Runs at once, kept for the function alone.
    pub reserved: Option<u32>,
    /// ARNs of layers.
    pub layers: Vec<String>,
    /// Seconds.
    pub timeout_seconds: u32,
    /// Name -> text, or a CloudFormation expression.
    pub environment: BTreeMap<String, Value>,
    /// Its role's permissions.
    pub statements: Vec<Statement>,
    /// How Lambda writes its own log lines.
    pub log_format: LogFormat,
}

/// How Lambda writes its own log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum LogFormat {
    /// One JSON object a line.
    #[serde(rename = "JSON")]
    Json,
    /// As ever.
    Text,
}

/// One route of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The stem of its logical ids; the function's own for its first route.
    pub id: String,
    /// What the function's logical ids begin with.
    pub function_id: String,
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub method: &'static str,
    /// Below the stage, with parameters in braces.
    pub path: &'static str,
}

/// Job types that go to a consumer which exists already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// What its logical ids begin with.
    pub id: String,
    /// The job types, sorted.
    pub job_types: Vec<String>,
    /// Who takes them.
    pub consumer: External,
}

/// A plugin's nested stack.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginStack {
    /// The plugin.
    pub plugin: String,
    /// Its folder, relative to the project.
    pub dir: String,
    /// The nested stack's logical id in the root stack.
    pub logical_id: String,
    /// For people.
    pub description: String,
    /// The job types that it consumes, sorted.
    pub job_types: Vec<String>,
    /// Its function, where it has one.
    pub function: Option<Function>,
    /// How ticks reach it.
    pub delivery: Delivery,
    /// Its bucket, where it has one.
    pub state: Option<StateBucket>,
    /// Its own resources, where it has any.
    pub resources: Option<ResourcesTemplate>,
}

/// How ticks reach a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// They do not: the plugin only defines types, or brings resources.
    None,
    /// Topic -> queue -> function.
    Buffered {
        /// How often a message is handed out before it is a dead letter.
        max_receives: u32,
        /// Runs at once, at most.
        concurrency: Option<u32>,
    },
    /// Topic -> function.
    Direct {
        /// How often Lambda tries again.
        retries: u32,
    },
    /// Topic -> a consumer that exists already.
    External(External),
}

/// The logical id of a plugin's nested stack in the root stack.
#[must_use]
pub fn nested_id(plugin: &PluginName) -> String {
    format!("Plugin{}", plugin.pascal())
}
