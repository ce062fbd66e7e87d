//! `scheduler completions`: what a shell needs to complete the command line.

use crate::args::{self, CompletionsArgs};
use crate::error::Failure;
use crate::settings::Settings;
use serde_json::json;

/// Prints the shell's script.
///
/// # Errors
/// None of its own.
pub fn completions(settings: &Settings, args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    let mut command = args::visible();
    clap_complete::generate(args.shell, &mut command, "scheduler", &mut script);
    let script = String::from_utf8_lossy(&script);
    let shell = args.shell.to_string();
    settings.output.result(&script, &json!({ "shell": shell, "script": script }));
    Ok(())
}
