//! The arguments of `verify`.

use clap::Args;
use std::path::PathBuf;

/// `scheduler verify`
#[derive(Debug, Args)]
#[command(
    long_about = "\
Prove that every job has its schedule, as it should be, and that there is no other

Holds every stored job against every schedule: missing, orphaned, stale, altered by hand, with a wrong
target or in the wrong state. What changed within the grace time is left alone, for it may be on its
way. A deployment mends itself every hour; --repair does so now, through the queue of changes.",
    after_help = "\
Examples:
  scheduler verify --env prod                every attribute of every schedule
  scheduler verify --env prod --sample 300   what a list shows of all, every attribute of 300
  scheduler verify --env prod --repair
  scheduler verify --env local               the local system, running or stopped

Exit codes: 0 in step (or, with --repair, all of it on its way), 1 it could not be told, 4 they differ"
)]
pub struct VerifyArgs {
    /// The env; `local`: the system on this machine
    #[arg(long, value_name = "ENV")]
    pub env: String,
    /// Have what differs mended
    #[arg(long)]
    pub repair: bool,
    /// What changed within so many seconds is left alone (default: 900; of `local`: nothing is)
    #[arg(long, value_name = "SECONDS")]
    pub grace: Option<u32>,
    /// Compare every attribute of about so many schedules only (default: of all)
    #[arg(long, value_name = "NUMBER")]
    pub sample: Option<usize>,
    /// For `local`: where its data is kept, relative to the project
    #[arg(long, value_name = "DIR", default_value = ".scheduler/local")]
    pub data_dir: PathBuf,
}
