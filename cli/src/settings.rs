//! What the command line and the environment say together.

use crate::args::{Color, Global};
use crate::output::{Output, Verbosity};
use std::env;
use std::io::IsTerminal;
use std::path::PathBuf;

/// What applies to every command.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder with `scheduler.toml`.
    pub project: PathBuf,
    /// Where AWS calls go instead of to AWS.
    pub endpoint_url: Option<String>,
    /// Where words go.
    pub output: Output,
}

impl Settings {
    /// From the global flags and the environment (`NO_COLOR`).
    #[must_use]
    pub fn of(global: &Global) -> Self {
        let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let color = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => !no_color && std::io::stderr().is_terminal(),
        };
        let verbosity = match (global.quiet, global.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        };
        Self {
            project: global.project.clone(),
            endpoint_url: global.endpoint_url.clone(),
            output: Output { json: global.json, color, verbosity },
        }
    }
}
