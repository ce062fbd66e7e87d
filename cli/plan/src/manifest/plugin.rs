//! `plugin.toml`.

use super::rules;
use super::values::{EnvValueSource, MailTable, PermissionTable, SchemaSource, StateTable};
use crate::limits::RUNTIMES;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a plugin folder adds. The plugin is called like its folder.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "plugin.toml", transform = rules::plugin)]
pub struct PluginManifest {
    /// What people see.
    pub plugin: Option<PluginTable>,
    /// The job types that the plugin defines, by name, at least one.
    #[serde(default)]
    #[schemars(extend("propertyNames" = rules::job_type_name(), "minProperties" = 1))]
    #[schemars(extend("x-tombi-additional-key-label" = "job_type"))]
    pub job_types: BTreeMap<String, JobTypeTable>,
    /// How the zip of the consumer's function is made.
    pub build: Option<BuildTable>,
    /// What receives the ticks. Without it, the folder only defines job types.
    pub consumer: Option<ConsumerTable>,
    /// The plugin's own infrastructure.
    pub resources: Option<ResourcesTable>,
}

/// What people see.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginTable {
    /// What the plugin does, in a sentence.
    #[schemars(extend("examples" = ["Mails you when a page changes"]))]
    pub description: Option<String>,
}

/// A job type of a plugin.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobTypeTable {
    /// What people see in place of the name.
    #[schemars(extend("examples" = ["Watch a page"]))]
    pub title: Option<String>,
    /// The fields that a job of this type has beside those of every job: JSON Schema, draft
    /// 2020-12, as the path of a JSON file of the folder or as a table.
    #[schemars(required, extend("examples" = ["job.schema.json", rules::schema_example()]))]
    pub schema: Option<SchemaSource>,
}

/// How the consumer's zip is made.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = rules::build)]
pub struct BuildTable {
    /// The kind of build; the other keys depend on it.
    #[schemars(required, extend("examples" = ["rust"]))]
    pub kind: Option<BuildKind>,
    /// For `rust`: the binary target that becomes the function. Without it, the package's only
    /// one.
    #[schemars(extend("examples" = ["mailer"]))]
    pub bin: Option<String>,
    /// For `command`: an executable file of the folder, run in the folder. It leaves the file
    /// `zip`. Its environment holds `SCHEDULER_PLUGIN` (the plugin's name), `SCHEDULER_ZIP` (the
    /// file that it leaves), `SCHEDULER_TARGET` (`aws`, or `local` for this machine) and
    /// `SCHEDULER_ARCHITECTURE` (`x86_64` or `arm64`).
    #[schemars(transform = rules::path, extend("examples" = ["bin/package"]))]
    pub run: Option<String>,
    /// For `command`: the zip that `run` leaves. For `zip`: the zip that is there.
    #[schemars(transform = rules::path, extend("examples" = ["out/code.zip"]))]
    pub zip: Option<String>,
    /// Files and folders, relative to the folder, that the zip is made of; they may lie outside of
    /// it. The zip is made anew when one of them changes. For `rust`, `python` and `node` they count
    /// beside what the kind reads by itself: a file that `include_str!` names, a folder of wheels. For
    /// `command` they and `run` count in place of everything in the folder. Of a folder, what
    /// tools leave behind does not count: `.git`, `.scheduler`, `.packaging`, `.venv`,
    /// `node_modules`, `__pycache__`, `.DS_Store`, Cargo's `target` and folders with a `CACHEDIR.TAG`.
    #[serde(default)]
    #[schemars(inner(regex(pattern = "^[^/]")), extend("x-limits" = "relative paths"))]
    #[schemars(extend("examples" = [["src", "bin", "../shared/schema.json"]]))]
    pub inputs: Vec<String>,
    /// For `python`: the file of requirements, each of one version (`name==version`). Their wheels
    /// for the function's processor and Python become part of the zip, by the machine's own `pip`.
    /// Without the key it is `requirements.txt`, where the folder has one.
    #[schemars(transform = rules::path, extend("examples" = ["requirements.txt"]))]
    #[schemars(extend("x-default" = "`\"requirements.txt\"`, where there is one"))]
    pub requirements: Option<String>,
    /// For `node`: whether the handler's module, and what it imports, become one file, which is all
    /// that the zip holds. The folder's own `esbuild` makes it, a package that its `package.json`
    /// and its lock file name. The modules may be TypeScript then. The AWS SDK (`@aws-sdk/*`), which
    /// Lambda's runtimes of Node.js bring, stays outside of the file, but for packages of it that
    /// `package.json` names.
    #[schemars(extend("default" = false, "examples" = [true]))]
    pub bundle: Option<bool>,
}

/// The kind of build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BuildKind {
    /// A Cargo package, built by cargo-lambda. It is built anew when something changes that it is
    /// made of: its folder and those of the packages that it names by path (and `[patch]` does),
    /// the `Cargo.toml` of its workspace, its `Cargo.lock`, `.cargo/config.toml` and
    /// `rust-toolchain.toml` up to the project's folder, what `inputs` names, and the compiler
    /// (`rustc -vV`). What tools leave behind in a folder does not count; the list is that of
    /// `inputs`. Nor do the versions of cargo-lambda and of Zig, which only link: to ask for them
    /// takes longer than a build with nothing to do.
    Rust,
    /// The folder's Python modules, and the packages of its requirements. The zip leaves out what
    /// only people and tools read: `plugin.toml`, the resources template, `README*`,
    /// `requirements*.txt`, hidden files and folders (`.venv`, `.git`), folders named `tests` or
    /// `node_modules`, `test_*.py`, `*_test.py`, `conftest.py`, `__pycache__`, `*.pyc`, virtual
    /// environments and folders with a `CACHEDIR.TAG`. It is made anew when something that it holds
    /// has changed, or the requirements, or what `inputs` names; for this machine also with another
    /// version of Python. The version of pip does not count: it unpacks wheels, and makes none.
    Python,
    /// The folder's JavaScript modules, and the packages that its `package.json` asks for, as its
    /// `package-lock.json` (or `npm-shrinkwrap.json`) pins them. The machine's own `npm ci`
    /// installs them for the function's processor, without `devDependencies` and without running
    /// any script of theirs. The zip leaves out what only people and tools read: `plugin.toml`, the
    /// resources template, `README*`, hidden files and folders, lock files, folders named `test`,
    /// `tests` or `__tests__`, the folder's own `node_modules`, folders with a `CACHEDIR.TAG`, and
    /// files such as `x.test.js` and `x.spec.ts`. It is made anew when something that it holds has
    /// changed, or the lock file, `package.json` or `.npmrc`, or what `inputs` names. The versions
    /// of Node.js and npm do not count: the lock file says what is installed, and which `esbuild`
    /// makes a bundle.
    Node,
    /// A script of the plugin's own that leaves a zip. It runs again when the script has changed,
    /// or a file of the folder, or what `inputs` names in place of the folder. The zip itself does
    /// not count, nor what else lies in the hidden folder that the zip is written to
    /// (`.packaging/result/code.zip`: all of `.packaging`); what a script leaves elsewhere in the
    /// folder makes it run again. A `bootstrap` in the zip is made executable.
    Command,
    /// A zip that is there already. What differs from run to run in it (times, modes, order) is
    /// made the same, so that equal files give an equal zip; a `bootstrap` in it is made
    /// executable. It counts by its bytes, and nothing else does.
    Zip,
}

/// What receives a plugin's ticks.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = rules::consumer)]
pub struct ConsumerTable {
    /// Lambda's runtime. With the default, the zip holds an executable `bootstrap`; for a build of
    /// kind `python`, the default is `python3.12`, and for one of kind `node` it is `nodejs22.x`.
    #[schemars(extend("enum" = RUNTIMES, "default" = "provided.al2023"))]
    #[schemars(extend("examples" = ["python3.12"]))]
    pub runtime: Option<String>,
    /// Lambda's handler: `module.function` where the runtime has one.
    #[schemars(extend("default" = "bootstrap", "examples" = ["main.handler"]))]
    pub handler: Option<String>,
    /// Memory of the function. Lambda gives processor time in proportion.
    #[schemars(range(min = 128, max = 10240), extend("examples" = [256]))]
    #[schemars(extend("default" = 128, "x-unit" = "MB"))]
    pub memory_mb: Option<u32>,
    /// Time until Lambda ends a run.
    #[schemars(range(min = 1, max = 900), extend("examples" = [60]))]
    #[schemars(extend("default" = 30, "x-unit" = "seconds"))]
    pub timeout_seconds: Option<u32>,
    /// What stands between topic and function.
    #[schemars(extend("default" = "queue", "examples" = ["none"]))]
    pub buffer: Option<BufferName>,
    /// Runs at once, at most. Behind a queue, AWS takes 2 and more; without one, so many are kept for
    /// the function alone. Where the key is missing, as many as the account has left.
    #[schemars(range(min = 1, max = 1000), extend("examples" = [5]))]
    pub concurrency: Option<u32>,
    /// How often a failed tick comes again before it ends as a dead letter: 0 to 999 times behind a
    /// queue (default 4), 0 to 2 times without one (default 2).
    #[schemars(range(min = 0, max = 999), extend("examples" = [1]))]
    #[schemars(extend("x-default" = "`4` behind a queue, `2` without one"))]
    pub retries: Option<u32>,
    /// ARNs of Lambda layers that exist already, each with its version; on this machine there are
    /// none.
    #[serde(default)]
    #[schemars(
        length(max = 5),
        inner(pattern(r"^arn:aws[^:]*:lambda:[^:]+:[0-9]{12}:layer:[^:]+:[0-9]+$"))
    )]
    #[schemars(extend("x-limits" = "at most 5, each the ARN of a layer's version"))]
    #[schemars(extend("examples" = [["arn:aws:lambda:eu-central-1:123456789012:layer:fonts:3"]]))]
    pub layers: Vec<String>,
    /// Variables of the function, by name: text, or what CloudFormation puts in.
    #[serde(default)]
    #[schemars(extend("propertyNames" = rules::variable_name()))]
    #[schemars(extend("x-tombi-additional-key-label" = "VARIABLE"))]
    #[schemars(extend("examples" = [rules::environment_example()]))]
    pub environment: BTreeMap<String, EnvValueSource>,
    /// A private place to keep things between ticks; its address is in the variable `STATE_URL`.
    pub state: Option<StateTable>,
    /// Leave to send mail; the way is in the variable `MAIL_URL`, the sender in `SOURCE_EMAIL`.
    pub mail: Option<MailTable>,
    /// What else the function may do.
    #[serde(default)]
    pub permissions: Vec<PermissionTable>,
    /// In place of a function: the ARN of a standard SQS queue that exists already. Its policy has
    /// to let the distribution topic send to it. No other key stands beside it.
    #[schemars(transform = rules::queue_arn)]
    #[schemars(extend("examples" = ["arn:aws:sqs:eu-central-1:123456789012:mails"]))]
    pub queue_arn: Option<String>,
    /// In place of a function that is built here: the ARN of one that exists already, in the account
    /// and the region that are deployed to. No other key stands beside it.
    #[schemars(transform = rules::function_arn)]
    #[schemars(extend("examples" = ["arn:aws:lambda:eu-central-1:123456789012:function:mailer"]))]
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

/// The plugin's own infrastructure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourcesTable {
    /// The file of a template that renders to a fragment of CloudFormation: `Resources`, and
    /// perhaps `Outputs` and `Conditions`. They become part of the plugin's own stack.
    #[schemars(required, transform = rules::path)]
    #[schemars(extend("examples" = ["resources.json.j2"]))]
    pub template: Option<String>,
}
