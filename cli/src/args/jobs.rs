//! The arguments of `jobs` and `login`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `scheduler jobs`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scheduler jobs list
  scheduler jobs create --type html_monitor_job --every 10m url=https://example.com
  scheduler jobs update 3 --every 1h
  scheduler jobs run 3 && scheduler jobs runs 3
  scheduler jobs dead                                   what failed at every attempt
  scheduler jobs list --env prod --file jobs.json       save all jobs of an env
  scheduler jobs create --file jobs.json                create them here

A deployed env wants a token: `scheduler login --env prod`, or SCHEDULER_TOKEN.")]
pub struct JobsArgs {
    /// The env; `local` is the server on this machine
    #[arg(long, value_name = "ENV", default_value = "local", global = true)]
    pub env: String,
    /// The API's address, in place of the env's
    #[arg(long, value_name = "URL", global = true, value_parser = crate::jobs::address)]
    pub url: Option<String>,
    /// What to do
    #[command(subcommand)]
    pub command: JobsCommand,
}

/// What to do with jobs.
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// List your jobs
    #[command(
        after_help = "Examples:\n  scheduler jobs list\n  scheduler jobs list --json | jq '.[].url'"
    )]
    List {
        /// Write them into this file, to be created elsewhere
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Show one job
    #[command(after_help = "Examples:\n  scheduler jobs show 3")]
    Show {
        /// The job's id
        #[arg(value_name = "ID")]
        id: u64,
    },
    /// Create a job, or all jobs of a file
    #[command(after_help = "\
Examples:
  scheduler jobs create --type html_monitor_job --every 10m url=https://example.com
  scheduler jobs create --type html_monitor_job --every 1h url=https://example.com make_screenshots:=true
  scheduler jobs create --file jobs.json

Of a file, only those jobs are created that are not there yet: of the same type, interval and fields,
whatever their ids.")]
    Create {
        /// The job type
        #[arg(long = "type", value_name = "JOB_TYPE", required_unless_present = "file")]
        job_type: Option<String>,
        /// How often: seconds, or such as 90s, 10m, 2h, 1d; rounded up to whole minutes
        #[arg(long, value_name = "TIME", value_parser = crate::jobs::seconds, required_unless_present = "file")]
        every: Option<u64>,
        /// The type's own fields: NAME=TEXT, or NAME:=JSON
        #[arg(value_name = "FIELD")]
        fields: Vec<String>,
        /// A JSON file with a job or an array of jobs, as `list --file` writes it; `-`: stdin
        #[arg(long, value_name = "FILE", conflicts_with_all = ["job_type", "every", "fields"])]
        file: Option<PathBuf>,
    },
    /// Change a job; what is not named stays
    #[command(after_help = "\
Examples:
  scheduler jobs update 3 --every 1h
  scheduler jobs update 3 url=https://example.org note:=null")]
    Update {
        /// The job's id
        #[arg(value_name = "ID")]
        id: u64,
        /// How often: seconds, or such as 90s, 10m, 2h, 1d
        #[arg(long, value_name = "TIME", value_parser = crate::jobs::seconds)]
        every: Option<u64>,
        /// The type's own fields: NAME=TEXT, NAME:=JSON, or NAME:= to drop one
        #[arg(value_name = "FIELD")]
        fields: Vec<String>,
    },
    /// Delete jobs
    #[command(
        after_help = "Examples:\n  scheduler jobs delete 3 4\n  scheduler jobs delete --all --yes"
    )]
    Delete {
        /// Which
        #[command(flatten)]
        ids: Ids,
        /// Delete all without asking
        #[arg(long)]
        yes: bool,
    },
    /// Stop running jobs until they are resumed
    #[command(after_help = "Examples:\n  scheduler jobs pause 3 4\n  scheduler jobs pause --all")]
    Pause(Ids),
    /// Run paused jobs again, in their own rhythm
    #[command(after_help = "Examples:\n  scheduler jobs resume --all")]
    Resume(Ids),
    /// Run jobs now, besides their schedules
    #[command(after_help = "Examples:\n  scheduler jobs run 3")]
    Run(Ids),
    /// Show a job's last runs, newest first
    #[command(
        after_help = "Examples:\n  scheduler jobs runs 3\n  scheduler jobs runs 3 --run 17          one whole, with all of its output\n  scheduler jobs runs 3 --json | jq '.[0].output'"
    )]
    Runs {
        /// The job's id
        #[arg(value_name = "ID")]
        id: u64,
        /// How many
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Show this run alone, whole
        #[arg(long, value_name = "RUN", conflicts_with = "limit")]
        run: Option<u64>,
    },
    /// Show dead letters: ticks that failed at every attempt, changes that could not be applied
    #[command(after_help = "\
Examples:
  scheduler jobs dead
  scheduler jobs dead --retry             all of them once more
  scheduler jobs dead --retry 17 change-3
  scheduler jobs dead --env prod          the names of its dead-letter queues

What a deployed env gives up lies in queues, where AWS's own tools show it and send it back.")]
    Dead {
        /// Try them once more: these, or all
        #[arg(long, value_name = "ID", num_args = 0..)]
        retry: Option<Vec<String>>,
    },
}

/// Some jobs, or all.
#[derive(Debug, Args)]
pub struct Ids {
    /// The jobs' ids
    #[arg(value_name = "ID", required_unless_present = "all")]
    pub ids: Vec<u64>,
    /// All of your jobs
    #[arg(long, conflicts_with = "ids")]
    pub all: bool,
}

/// `scheduler login`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scheduler login --env prod                opens the browser
  scheduler login --env prod --no-browser   only prints the address
  scheduler login --env prod --logout       forgets the token")]
pub struct LoginArgs {
    /// The env
    #[arg(long, value_name = "ENV")]
    pub env: String,
    /// Print the address and leave opening it to you
    #[arg(long)]
    pub no_browser: bool,
    /// Forget the token
    #[arg(long)]
    pub logout: bool,
}
