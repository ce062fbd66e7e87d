//! From the command line to a command.

use crate::args::Command;
use crate::commands;
use crate::error::Failure;
use crate::settings::Settings;

/// Runs a command.
///
/// # Errors
/// Why the exit code is not 0.
pub fn run(settings: &Settings, command: Command) -> Result<(), Failure> {
    match command {
        Command::Check { env } => commands::check::check(settings, env.as_deref()),
        _ => Err(Failure::failed("not there yet")),
    }
}
