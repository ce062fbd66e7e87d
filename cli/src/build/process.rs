//! Child processes: what they print goes to a log file, and a long one is heard of.
//!
//! Children stay in the tool's process group: Ctrl-C ends them with it.

use super::error::{BuildError, Log};
use crate::progress::Progress;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// How often what a child printed last is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// So much of a log's end is looked at for its last line, bytes.
const LOOKED_AT: u64 = 4096;
/// How much of a log is shown: a compiler's errors stand at its end.
const SHOWN_LINES: usize = 200;

/// A child, and where it is told of.
pub(super) struct Child<'a> {
    /// The unit's name.
    pub(super) unit: &'a str,
    /// Where what it prints goes.
    pub(super) log: &'a Path,
    /// The log's path for people.
    pub(super) shown_log: String,
    pub(super) progress: &'a dyn Progress,
}

/// How a child ended.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) log: Log,
}

/// Why a child did not run.
pub(super) enum Unstarted {
    Log(BuildError),
    Child(io::Error),
}

impl Child<'_> {
    /// Runs the command to its end.
    pub(super) fn run(&self, command: &mut Command) -> Result<Ended, Unstarted> {
        let log = |e| Unstarted::Log(BuildError::io("write", self.log, e));
        let out = File::create(self.log).map_err(log)?;
        let err = out.try_clone().map_err(log)?;
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        let mut child = command.spawn().map_err(Unstarted::Child)?;
        let status = thread::scope(|scope| {
            let (ended, listener) = mpsc::channel();
            scope.spawn(move || self.beat(&listener));
            let status = child.wait();
            drop::<mpsc::Sender<()>>(ended);
            status
        });
        let status = status.map_err(Unstarted::Child)?;
        Ok(Ended { status, log: self.read_log() })
    }

    fn beat(&self, ended: &mpsc::Receiver<()>) {
        while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            self.progress.at(self.unit, &last_line(self.log).unwrap_or_default());
        }
    }

    fn read_log(&self) -> Log {
        let bytes = fs::read(self.log).unwrap_or_default();
        Log { path: self.shown_log.clone(), text: tail(&String::from_utf8_lossy(&bytes)) }
    }
}

/// The last line of a file that is being written.
fn last_line(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOOKED_AT)))?;
    let mut bytes = Vec::new();
    file.take(LOOKED_AT).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let last = text.split(['\n', '\r']).map(str::trim).rfind(|line| !line.is_empty());
    Ok(last.unwrap_or_default().to_owned())
}

fn tail(text: &str) -> String {
    let text = text.trim_end();
    let lines = text.lines().count();
    let left_out = lines.saturating_sub(SHOWN_LINES);
    let shown: Vec<_> = text.lines().skip(left_out).collect();
    match left_out {
        0 => shown.join("\n"),
        _ => format!("({left_out} lines left out)\n{}", shown.join("\n")),
    }
}

/// `exit code 3` or `signal 9`.
pub(super) fn status(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit code {code}"),
        None => status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_log_that_grows_the_last_line_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        fs::write(&log, format!("{}\n  Compiling one\n\n", "long ".repeat(3000))).unwrap();
        assert_eq!(last_line(&log).unwrap(), "Compiling one");
        fs::write(&log, "10 %\r20 %\r").unwrap();
        assert_eq!(last_line(&log).unwrap(), "20 %");
        fs::write(&log, "").unwrap();
        assert_eq!(last_line(&log).unwrap(), "");
    }

    #[test]
    fn a_short_log_is_shown_whole() {
        assert_eq!(tail("a\nb\n\n"), "a\nb");
    }

    #[test]
    fn of_a_long_log_the_end_is_shown() {
        let text = tail(&"line\n".repeat(SHOWN_LINES + 3));
        assert!(text.starts_with("(3 lines left out)\nline\n"));
        assert_eq!(text.lines().count(), SHOWN_LINES + 1);
    }
}
