//! A command on a terminal of its own, and somebody who reads and types there.

use crate::outcome::{Outcome, fail};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

/// A run that is under way.
#[derive(Debug)]
pub struct Terminal {
    child: Child,
    screen: File,
    seen: String,
}

impl Terminal {
    /// Starts the command.
    ///
    /// # Errors
    /// No terminal, or a command that cannot be started.
    pub fn of(mut command: Command) -> Outcome<Self> {
        let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&screen)?;
        unlockpt(&screen)?;
        let Ok(name) = ptsname(&screen, Vec::new())?.into_string() else {
            return fail("a terminal without a name");
        };
        let end = OpenOptions::new().read(true).write(true).open(name)?;
        let stderr = Stdio::from(end.try_clone()?);
        let child = command.stdin(end).stdout(Stdio::null()).stderr(stderr).spawn()?;
        // The command holds this process's own copies of the other end.
        drop(command);
        Ok(Self { child, screen: File::from(screen), seen: String::new() })
    }

    /// Reads until these words have been told, and types a line.
    ///
    /// # Errors
    /// An end without them.
    pub fn answer(&mut self, words: &str, line: &str) -> Outcome {
        let from = self.seen.len();
        while !self.seen.get(from..).unwrap_or_default().contains(words) {
            if self.reads()? == 0 {
                return fail(format!("it ended without {words:?}: {}", self.seen));
            }
        }
        Ok(self.screen.write_all(format!("{line}\n").as_bytes())?)
    }

    /// Its exit code, and all that it told.
    ///
    /// # Errors
    /// None that can be foreseen.
    pub fn end(mut self) -> Outcome<(Option<i32>, String)> {
        while self.reads()? > 0 {}
        Ok((self.child.wait()?.code(), self.seen))
    }

    fn reads(&mut self) -> Outcome<usize> {
        let mut bytes = [0; 4096];
        // Linux says EIO when nobody holds the other end of a terminal any more.
        let length = self.screen.read(&mut bytes).unwrap_or(0);
        self.seen.push_str(&String::from_utf8_lossy(bytes.get(..length).unwrap_or_default()));
        Ok(length)
    }
}
