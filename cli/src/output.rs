//! The only place that prints: results to stdout, everything else to stderr.

mod behind;
mod board;

use crate::error::Failure;
use crate::progress::Progress;
pub use behind::Behind;
use board::board;
use scheduler_plan::problem::{Problem, Severity};
use serde::Serialize;
use serde_json::json;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

/// How much is told on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Problems and failures only.
    Quiet,
    /// Progress as well.
    Normal,
    /// Also what only helps to find a fault.
    Verbose,
}

/// How what is under way is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tasks {
    /// A bar each, for a terminal.
    Bars,
    /// Lines, for a file or a log.
    Lines,
}

/// Where a command's words go.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// Results as JSON.
    pub json: bool,
    /// Colour on stderr.
    pub color: bool,
    /// How much is told.
    pub verbosity: Verbosity,
    /// How what is under way is told.
    pub tasks: Tasks,
}

const RED: &str = "31";
const YELLOW: &str = "33";
const CYAN: &str = "36";
const DIM: &str = "2";

impl Output {
    /// The result: the same value as text or as JSON.
    pub fn result(&self, text: &str, value: &impl Serialize) {
        if self.json {
            let json = serde_json::to_string_pretty(value);
            stdout(&json.unwrap_or_else(|error| json!({"error": error.to_string()}).to_string()));
        } else {
            stdout(text);
        }
    }

    /// Text that is the result by itself, such as a template.
    pub fn text(&self, text: &str) {
        stdout(text);
    }

    /// The same for whoever must not wait for a reader.
    #[must_use]
    pub fn behind(self) -> Behind {
        Behind::of(self)
    }

    /// A line about the work, not its result; a consumer may have written it.
    pub fn note(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            stderr(&printable(text));
        }
    }

    /// A line that only helps to find a fault.
    pub fn detail(&self, text: &str) {
        if self.verbosity >= Verbosity::Verbose {
            stderr(text);
        }
    }

    /// What a compiler or a script printed, as it is.
    pub fn quote(&self, text: &str) {
        stderr(text.trim_end());
    }

    /// Something that went wrong on the way, with its repair.
    pub fn complain(&self, what: &str, hint: Option<&str>) {
        stderr(&format!("{} {}", self.paint(RED, "error:"), printable(what)));
        if let Some(hint) = hint {
            stderr(&format!("  {} {}", self.paint(CYAN, "hint:"), printable(hint)));
        }
    }

    /// Every problem on stderr, `path:line:col: what`, with its hint.
    pub fn problems(&self, problems: &[Problem]) {
        for problem in problems {
            let (kind, code) = match problem.severity {
                Severity::Error => ("", RED),
                Severity::Warning => ("warning: ", YELLOW),
            };
            let what = printable(&format!("{kind}{}", problem.what)).replace('\n', "\\n");
            let place = printable(&problem.place.to_string()).replace('\n', "\\n");
            let rest = self.paint(DIM, &format!("[{}]", problem.code));
            stderr(&format!("{place}: {} {rest}", self.paint(code, &what)));
            let hint = printable(&problem.hint);
            stderr(&format!("  {} {hint}", self.paint(CYAN, "hint:")));
        }
    }

    /// Why the command did not end with 0.
    pub fn failure(&self, failure: &Failure) {
        board().take_all();
        match failure {
            Failure::Told | Failure::Differences => return,
            Failure::Usage(usage) => stderr(usage.text.trim_end()),
            Failure::Problems(problems) => {
                self.problems(problems);
                self.complain(&failure.to_string(), failure.hint());
            }
            Failure::Detached { .. }
            | Failure::Interrupted { .. }
            | Failure::Cloud(_)
            | Failure::Input { .. }
            | Failure::Refused { .. }
            | Failure::Unbuilt { .. }
            | Failure::Failed { .. } => {
                self.complain(&failure.to_string(), failure.hint());
            }
        }
        if self.json {
            let problems = match failure {
                Failure::Problems(problems) => json!(problems),
                Failure::Unbuilt { zips, .. } => json!(zips),
                _ => json!([]),
            };
            let causes = match failure {
                Failure::Cloud(cloud) => cloud.causes.as_slice(),
                _ => &[],
            };
            let value = json!({
                "error": {
                    "code": failure.code(),
                    "message": failure.to_string(),
                    "hint": failure.hint(),
                    "problems": problems,
                    "causes": causes,
                }
            });
            stdout(&value.to_string());
        }
    }

    /// Asks on the terminal; `None` where there is none to ask on.
    #[must_use]
    pub fn ask(&self, question: &str) -> Option<bool> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return None;
        }
        let _ = io::stderr().write_all(format!("{question} [y/N] ").as_bytes());
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).ok()?;
        Some(matches!(answer.trim(), "y" | "Y" | "yes"))
    }

    /// Whether every result reached stdout.
    ///
    /// # Errors
    /// A full disk, or a closed stdout.
    pub fn delivered(&self) -> Result<(), Failure> {
        match LOST.get() {
            None => Ok(()),
            Some(why) => Err(Failure::failed(format!("the result could not be written: {why}"))),
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

impl Progress for Output {
    fn line(&self, text: &str) {
        self.note(text);
    }

    fn begin(&self, task: &str, what: &str) {
        match (self.verbosity, self.tasks) {
            (Verbosity::Quiet, _) => {}
            (_, Tasks::Bars) => board().show(task, &printable(what)),
            (_, Tasks::Lines) => {
                self.note(what);
                board().note(task, what);
            }
        }
    }

    fn at(&self, task: &str, detail: &str) {
        if let Some(line) = board().news(task, &printable(detail)) {
            self.note(&line);
        }
    }

    fn end(&self, task: &str) {
        board().take(task);
    }
}

/// Why a result did not reach stdout.
static LOST: OnceLock<String> = OnceLock::new();

fn stdout(text: &str) {
    let line = format!("{}\n", text.trim_end_matches('\n'));
    let mut out = io::stdout();
    match board().aside(|| out.write_all(line.as_bytes()).and_then(|()| out.flush())) {
        // A reader that has gone away, such as `head`, is no failure of ours.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            LOST.get_or_init(|| error.to_string());
        }
        _ => {}
    }
}

// What cannot be told on stderr can be told nowhere.
fn stderr(text: &str) {
    let _ = board().aside(|| io::stderr().write_all(format!("{text}\n").as_bytes()));
}

/// What users write may hold characters that move a terminal's cursor or turn its text around.
fn printable(text: &str) -> String {
    let hostile = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let escaped = |c: char| if hostile(c) { c.escape_unicode().to_string() } else { c.into() };
    text.chars().map(escaped).collect()
}
