//! The arguments of `init`, `completions` and `man`.

use clap::Args;
use std::path::PathBuf;

/// `scheduler init`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scheduler init                a project in this folder
  scheduler init uptime-checks  a project in a new folder, and named after it
  scheduler init --schemas      the schemas for editors, after an update of scheduler

Exit codes: 0 done, 1 it could not be written, 2 there can be no such folder, 3 there is a project, or
one of its files")]
pub struct InitArgs {
    /// The project's folder, made where it is not there (default: this one)
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// In a project: write its JSON Schemas anew, as this version has them, and nothing else
    #[arg(long, conflicts_with = "dir")]
    pub schemas: bool,
}

/// `scheduler completions`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scheduler completions bash > ~/.local/share/bash-completion/completions/scheduler
  scheduler completions zsh > ~/.zfunc/_scheduler   with `fpath+=~/.zfunc` before `compinit`
  scheduler completions fish > ~/.config/fish/completions/scheduler.fish")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// `scheduler man`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scheduler man | man -l -                      read the main page
  scheduler man --out ~/.local/share/man/man1   then `man scheduler-deploy`")]
pub struct ManArgs {
    /// Write scheduler.1 and one page a command into this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
