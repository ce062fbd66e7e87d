//! A child, from its start to its end, and the lines that it said.

use super::Outcome;
use std::env;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// A child that says nothing for so long is stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// It does not outlive this value.
pub(crate) struct Life {
    child: Child,
    lines: Receiver<String>,
}

impl Life {
    /// This program as its own child. A write past a limit on the size of its files fails, instead
    /// of ending it.
    pub(crate) fn begin(role: &str, folder: &Path, more: &[&str]) -> Outcome<Self> {
        let mut child = Command::new("sh")
            .args(["-c", r#"trap "" XFSZ; exec "$0" "$@""#])
            .arg(env::current_exe()?)
            .arg(role)
            .arg(folder)
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("the child has no output")?;
        let (heard, lines) = channel();
        thread::spawn(move || {
            // The other end may have had enough.
            whole_lines(stdout).try_for_each(|line| heard.send(line))
        });
        Ok(Self { child, lines })
    }

    pub(crate) fn wait_for(&mut self, wanted: &str) -> Outcome {
        let heard = self.lines.recv_timeout(PATIENCE)?;
        super::ensure(heard == wanted, || format!("the child said `{heard}`, not `{wanted}`"))
    }

    /// SIGKILL; answers what it said before.
    pub(crate) fn kill(&mut self) -> Outcome<Vec<String>> {
        // One that failed by itself would only seem to have been killed.
        if let Some(ended) = self.child.try_wait()? {
            return Err(format!("the child ended by itself: {ended}").into());
        }
        self.child.kill()?;
        self.child.wait()?;
        Ok(self.lines.iter().collect())
    }

    /// Waits for its own end; answers what it said.
    pub(crate) fn end(mut self) -> Outcome<Vec<String>> {
        let mut said = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => said.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(stuck) => return Err(format!("{stuck}; last {:?}", said.last()).into()),
            }
        }
        let ended = self.child.wait()?;
        super::ensure(ended.success(), || format!("{ended}; last {:?}", said.last()))?;
        Ok(said)
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The last line of a child that was killed may be cut off.
fn whole_lines(stdout: ChildStdout) -> impl Iterator<Item = String> {
    let mut reader = BufReader::new(stdout);
    std::iter::from_fn(move || {
        let mut line = String::new();
        reader.by_ref().read_line(&mut line).ok()?;
        line.strip_suffix('\n').map(str::to_owned)
    })
}
