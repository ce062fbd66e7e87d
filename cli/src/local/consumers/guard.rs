//! The process that outlives a killed server, and ends what its consumers started.
//!
//! The system ends a child with its server, not what that child started. `scheduler __guard` knows
//! every child's process group through a pipe; when the pipe ends, so has the server, and the guard
//! kills the groups that are left.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The guard, once there is something to watch.
#[derive(Default)]
pub(super) struct Guard {
    process: Option<Child>,
    groups: BTreeSet<u32>,
}

impl Guard {
    /// Makes sure that there is one: somebody may have ended it.
    pub(super) fn stand(&mut self, program: &Path) -> io::Result<()> {
        let stands = self.process.as_mut().map(Child::try_wait);
        if matches!(stands, Some(Ok(None))) {
            return Ok(());
        }
        let mut command = Command::new(program);
        command.arg("__guard").env_clear().current_dir("/");
        // Ctrl-C goes to the server's group, and must not reach it.
        command.process_group(0);
        let silent = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        self.process = Some(silent.spawn()?);
        let groups: Vec<u32> = self.groups.iter().copied().collect();
        groups.into_iter().for_each(|group| self.tell('+', group));
        Ok(())
    }

    /// A process group has begun.
    pub(super) fn watch(&mut self, group: u32) {
        self.groups.insert(group);
        self.tell('+', group);
    }

    /// A process group has ended.
    pub(super) fn forget(&mut self, group: u32) {
        self.groups.remove(&group);
        self.tell('-', group);
    }

    fn tell(&self, what: char, group: u32) {
        if let Some(mut pipe) = self.process.as_ref().and_then(|process| process.stdin.as_ref()) {
            // One that has ended is followed by another, which hears of all groups.
            let _ = pipe.write_all(format!("{what}{group}\n").as_bytes());
        }
    }
}
