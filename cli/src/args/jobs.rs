//! The arguments of `jobs` and `login`.

use clap::Args;

/// `scheduler jobs`
#[derive(Debug, Args)]
pub struct JobsArgs {
    /// The env; `local` is the one on this machine
    #[arg(long, value_name = "ENV", default_value = "local", global = true)]
    pub env: String,
}

/// `scheduler login`
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// The env
    #[arg(long, value_name = "ENV")]
    pub env: String,
}
