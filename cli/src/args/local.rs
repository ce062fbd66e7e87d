//! The arguments of `local`.

use clap::Args;
use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;

/// `scheduler local`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scheduler local                       the API on http://127.0.0.1:8080/v1
  scheduler local --watch               rebuild and restart a consumer when its folder changes
  scheduler local --speed 60            a minute of the jobs' clock takes a second
  scheduler local --check               table against schedules, without a server
  scheduler local --port 0 --json       any free port; the address on stdout")]
pub struct LocalArgs {
    /// The port; 0: any free one
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    pub port: u16,
    /// The address to listen on; anything but loopback needs --auth
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// Where jobs, runs, state and mails are kept, relative to the project
    #[arg(long, value_name = "DIR", default_value = ".scheduler/local")]
    pub data_dir: PathBuf,
    /// Check, rebuild and take over what changes in the project
    #[arg(long)]
    pub watch: bool,
    /// Who calls the API when nobody has to log in
    #[arg(long, value_name = "EMAIL", default_value = "you@example.com")]
    pub user: String,
    /// The env whose settings of plugins (and of tokens) apply
    #[arg(long, value_name = "ENV")]
    pub env: Option<String>,
    /// Ask every caller for a token of the env's issuer (`auth = { jwt = ... }`)
    #[arg(long)]
    pub auth: bool,
    /// How fast the jobs' clock runs; time-outs stay real
    #[arg(long, value_name = "TIMES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub speed: u32,
    /// Only check the data folder: the database, and that every job has its schedule (exit 4: not so)
    #[arg(long, conflicts_with_all = ["watch", "auth"])]
    pub check: bool,
    /// How long finished runs are kept, days
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub keep_runs: u32,
}

/// `scheduler __child`
#[derive(Debug, Args)]
pub struct ChildArgs {
    /// The server's process id: a child whose server is gone already ends at once
    #[arg(long)]
    pub parent: u32,
    /// The program and its arguments
    #[arg(trailing_var_arg = true, required = true)]
    pub program: Vec<OsString>,
}
