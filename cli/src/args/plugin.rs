//! The arguments of `plugin`.

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
    /// Send one tick to a plugin's consumer and show what it does
    Test(TestArgs),
}

/// `scheduler plugin test`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scheduler plugin test html-checker                    a tick made to fit the type's schema
  scheduler plugin test html-checker --event tick.json  this tick")]
pub struct TestArgs {
    /// The plugin
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The tick's fields, or a whole event, as a JSON file
    #[arg(long, value_name = "FILE")]
    pub event: Option<PathBuf>,
    /// Which of the plugin's job types
    #[arg(long = "type", value_name = "JOB_TYPE")]
    pub job_type: Option<String>,
    /// The env whose settings apply
    #[arg(long, value_name = "ENV")]
    pub env: Option<String>,
}
