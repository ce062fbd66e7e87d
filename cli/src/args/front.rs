//! The arguments of `init`, `completions` and `man`.

use clap::Args;
use std::path::PathBuf;

/// `scheduler init`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The project's folder
    #[arg(value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
}

/// `scheduler completions`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// `scheduler man`
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write scheduler.1 and one page a command into this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
