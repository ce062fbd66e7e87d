//! The arguments of `plugin`.

use crate::init::Language;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `scheduler plugin`
#[derive(Debug, Args)]
pub struct PluginArgs {
    /// What to do
    #[command(subcommand)]
    pub command: PluginCommand,
}

/// What to do with a plugin.
#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// Make a plugin's folder: manifest, schema, handler, test
    New(NewArgs),
    /// Show every plugin: its job types, language, consumer and zip
    List(ListArgs),
    /// Send one tick to a plugin's consumer and show what it does
    Test(TestArgs),
}

/// `scheduler plugin test`
#[derive(Debug, Args)]
#[command(
    long_about = "\
Send one tick to a plugin's consumer and show what it does

Builds what is stale of the plugin for this machine, starts its consumer as it runs on AWS, and
sends it one tick in its own envelope: SQS's behind a queue, SNS's otherwise. State and mails lie
under .scheduler/local/test of the project, and stay from one test to the next.",
    after_help = "\
Examples:
  scheduler plugin test html-checker                    a tick made to fit the type's schema
  scheduler plugin test html-checker --event tick.json  this tick
  scheduler plugin test html-checker --json | jq .answer

Exit codes: 0 the consumer did its work, 1 it failed, 2 the input is wrong"
)]
pub struct TestArgs {
    /// The plugin
    #[arg(value_name = "NAME")]
    pub name: String,
    /// A JSON file (-: stdin) with the tick's own fields, a whole job, or an event with its
    /// `Records`, which is sent as it is
    #[arg(long, value_name = "FILE")]
    pub event: Option<PathBuf>,
    /// Which of the plugin's job types [default: the first]
    #[arg(long = "type", value_name = "JOB_TYPE")]
    pub job_type: Option<String>,
    /// The env whose settings apply [default: the first]
    #[arg(long, value_name = "ENV")]
    pub env: Option<String>,
}

/// `scheduler plugin new`
#[derive(Debug, Args)]
#[command(
    long_about = "\
Make a plugin's folder: manifest, schema, handler, test

The folder goes where the project looks for plugins (`[service].plugins`), and works at once: check
it, test it, run it, deploy it. Nothing else of the project is touched, and no file is overwritten.",
    after_help = "\
Examples:
  scheduler plugin new uptime                 in Python
  scheduler plugin new uptime --lang rust     a Cargo package of its own
  scheduler plugin new uptime --direct        no queue between topic and function
  scheduler plugin new uptime --lang none     only a job type

Exit codes: 0 it is there, 2 it cannot have this name, 3 it is there already"
)]
pub struct NewArgs {
    /// Its name, which is its folder's: lower-case letters, digits and hyphens
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The language of its function
    #[arg(long = "lang", value_name = "LANGUAGE", default_value = "python")]
    pub language: Language,
    /// No queue in between: SNS invokes the function, one job at a time
    #[arg(long)]
    pub direct: bool,
}

/// `scheduler plugin list`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scheduler plugin list
  scheduler plugin list --json | jq -r '.plugins[].name'")]
pub struct ListArgs {
    /// The env whose settings apply [default: the first]
    #[arg(long, value_name = "ENV")]
    pub env: Option<String>,
}
