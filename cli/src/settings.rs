//! What the command line and the environment say together.

use crate::args::{Color, Global};
use crate::output::{Output, Tasks, Verbosity};
use std::collections::BTreeMap;
use std::env;
use std::io::{self, IsTerminal};
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
    /// From the global flags and the environment (`NO_COLOR`, `TERM`).
    #[must_use]
    pub fn of(global: &Global) -> Self {
        let verbosity = match (global.quiet, global.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        };
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let tasks = match io::stderr().is_terminal() && !dumb {
            true => Tasks::Bars,
            false => Tasks::Lines,
        };
        let color = colored(global.color, Stream::Stderr);
        Self {
            project: global.project.clone(),
            endpoint_url: global.endpoint_url.clone(),
            output: Output { json: global.json, color, verbosity, tasks },
        }
    }

    /// The caller's environment, as far as it is text: where values come from that only AWS knows.
    #[must_use]
    pub fn environment(&self) -> BTreeMap<String, String> {
        let texts = env::vars_os().map(|(name, value)| (name.into_string(), value.into_string()));
        texts.filter_map(|(name, value)| Some((name.ok()?, value.ok()?))).collect()
    }

    /// This program's own file, which starts consumers.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn program(&self) -> io::Result<PathBuf> {
        // On Linux, this name stays what runs now, even once a new build has taken its place.
        let running = PathBuf::from("/proc/self/exe");
        if running.exists() { Ok(running) } else { env::current_exe() }
    }
}

/// Where words go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Results.
    Stdout,
    /// Everything else.
    Stderr,
}

/// Whether what goes there is coloured.
#[must_use]
pub fn colored(when: Color, stream: Stream) -> bool {
    let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_terminal = match stream {
        Stream::Stdout => io::stdout().is_terminal(),
        Stream::Stderr => io::stderr().is_terminal(),
    };
    match when {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => !no_color && is_terminal,
    }
}
