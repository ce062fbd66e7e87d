//! The command line.

mod deploy;
mod front;
mod jobs;
mod local;
mod parse;
mod plugin;
mod verify;
mod visible;

pub use deploy::{DeployArgs, DestroyArgs};
pub use front::{CompletionsArgs, InitArgs, ManArgs};
pub use jobs::{Ids, JobsArgs, JobsCommand, LoginArgs};
pub use local::{ChildArgs, LocalArgs};
pub use parse::{Parsed, parse};
pub use plugin::{ListArgs, NewArgs, PluginArgs, PluginCommand, TestArgs};
pub use verify::VerifyArgs;
pub use visible::visible;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Scheduled jobs on AWS from plugin folders.
#[derive(Debug, Parser)]
#[command(
    name = "scheduler",
    version,
    about,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "\
Examples:
  scheduler init                     a small project to begin with
  scheduler check                    every problem of the project at once
  scheduler local                    the whole system on this machine
  scheduler deploy --env dev         check, build, show the changes, ask, deploy
  scheduler status --env dev --json  the stack's state and outputs, for scripts

Exit codes: 0 done, 1 failed, 2 the input is wrong, 3 refused for safety,
4 differences found where asked for (diff, deploy --dry-run, verify, local --check), 130 interrupted"
)]
pub struct Arguments {
    /// What applies to every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What applies to every command.
#[derive(Debug, Args)]
pub struct Global {
    /// The folder with scheduler.toml
    #[arg(long, global = true, value_name = "DIR", default_value = ".")]
    pub project: PathBuf,
    /// Print results as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Send every AWS call to this address, such as an emulator's
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "AWS_ENDPOINT_URL",
        // An empty variable of a script must not send what was meant for an emulator to AWS.
        value_parser = clap::builder::NonEmptyStringValueParser::new()
    )]
    pub endpoint_url: Option<String>,
    /// When to colour the messages
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// Tell more
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Tell only problems and failures
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
}

/// When to colour the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a project: a scheduler.toml and a small plugin, ready to check, build and plan
    Init(InitArgs),
    /// Tell every problem of the project at once
    #[command(after_help = "\
Examples:
  scheduler check
  scheduler check --env prod
  scheduler check --explain unknown-env      why that is a problem, and how to repair it
  scheduler --project ../shop check --json")]
    Check {
        /// Only this env (default: all of them)
        #[arg(long, value_name = "ENV")]
        env: Option<String>,
        /// Explain a problem's code: why it is one, and how to repair it; `list`: all codes
        #[arg(long, value_name = "CODE", conflicts_with = "env")]
        explain: Option<String>,
    },
    /// Run the whole system on this machine
    Local(LocalArgs),
    /// List, create, change and run jobs, here or in a deployed env
    Jobs(JobsArgs),
    /// Work on one plugin
    #[command(after_help = "\
Examples:
  scheduler plugin test html-checker
  scheduler plugin test html-checker --event tick.json")]
    Plugin(PluginArgs),
    /// Show what would be built and created
    #[command(after_help = "\
Examples:
  scheduler plan --env prod
  scheduler plan --env prod --json")]
    Plan {
        /// The env
        #[arg(long, value_name = "ENV")]
        env: String,
    },
    /// Build the zips of all functions, only what is stale
    #[command(after_help = "\
Examples:
  scheduler build
  scheduler build --plugin html-checker
  scheduler build --json | jq -r '.artifacts[].path'")]
    Build {
        /// Only this plugin; may be repeated
        #[arg(long = "plugin", value_name = "NAME")]
        plugins: Vec<String>,
        /// The env whose architecture counts (default: the service's)
        #[arg(long, value_name = "ENV")]
        env: Option<String>,
    },
    /// Print the CloudFormation templates
    #[command(after_help = "\
Examples:
  scheduler synth --env dev                  the root template
  scheduler synth --env dev --out templates  root.json and plugins/<name>.json
  scheduler synth --env dev --json | jq '.templates.\"root.json\".Outputs'")]
    Synth {
        /// The env
        #[arg(long, value_name = "ENV")]
        env: String,
        /// Write root.json and plugins/NAME.json into this folder, and print their paths
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Compare what is deployed with what is wanted (exit 4: they differ)
    #[command(after_help = "\
Examples:
  scheduler diff --env prod
  scheduler diff --env prod --json")]
    Diff {
        /// The env
        #[arg(long, value_name = "ENV")]
        env: String,
    },
    /// Check, build what is stale, show the changes, ask, deploy
    Deploy(DeployArgs),
    /// Tell what stands in the way of a deploy: tools, credentials, account, quotas, stack
    #[command(after_help = "\
Examples:
  scheduler doctor              the project, the tools that its builds run, the credentials
  scheduler doctor --env prod   the account that it goes to as well
  scheduler doctor --env prod --json

Exit codes: 0 nothing does, 1 something does, 2 there is no such project or env")]
    Doctor {
        /// The env whose account is looked at
        #[arg(long, value_name = "ENV")]
        env: Option<String>,
    },
    /// Show the stack's state and outputs
    #[command(after_help = "\
Examples:
  scheduler status --env dev
  scheduler status --env dev --json | jq -r .outputs.ApiUrl")]
    Status {
        /// The env
        #[arg(long, value_name = "ENV")]
        env: String,
    },
    /// Prove that every job has its schedule, and that there is no other
    Verify(VerifyArgs),
    /// Log in to a deployed env with the browser
    Login(LoginArgs),
    /// Delete everything of an env, data included
    Destroy(DestroyArgs),
    /// Print a shell's completions
    Completions(CompletionsArgs),
    /// Write the man pages
    Man(ManArgs),
    /// Become a consumer that ends with the server: for `local` alone
    #[command(hide = true, name = "__child")]
    Child(ChildArgs),
    /// Outlive a killed server, and end what its consumers started: for `local` alone
    #[command(hide = true, name = "__guard")]
    Guard,
}
