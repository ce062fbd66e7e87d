//! `scheduler __child`: what every consumer's process begins as.
//!
//! It asks the system to end with the server that started it, whatever ends that one, and then
//! becomes the consumer's program. Other systems than Linux cannot be asked.
//!
//! `scheduler __guard`: what stays when a server is killed, for as long as it takes to end all that
//! the server's consumers had started.

use crate::args::ChildArgs;
use crate::error::Failure;
use crate::local::consumers::CANNOT_START;
use rustix::process::{Pid, Signal, getppid, kill_process_group};
use std::collections::BTreeSet;
use std::io::{self, BufRead, ErrorKind};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How often a program is tried that somebody is still writing.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(20);

/// Becomes the program.
///
/// # Errors
/// Where there is no such program, or no server any more.
pub fn child(args: &ChildArgs) -> Result<(), Failure> {
    end_with_the_server().map_err(|error| {
        Failure::failed(format!("cannot ask the system to end this with the server: {error}"))
    })?;
    // A server that was gone before the system knew is not noticed by it.
    let parent = getppid().map(|pid| pid.as_raw_nonzero().get());
    if parent.and_then(|pid| u32::try_from(pid).ok()) != Some(args.parent) {
        return Err(Failure::failed("the server that started this is gone"));
    }
    let Some((program, arguments)) = args.program.split_first() else {
        return Err(Failure::failed("there is no program to start"));
    };
    let mut tries = TRIES;
    loop {
        let error = Command::new(program).args(arguments).exec();
        // Another process of the server that is being started may hold a fresh file open.
        if error.kind() != ErrorKind::ExecutableFileBusy || tries == 0 {
            let program = Path::new(program).display();
            return Err(Failure::failed(format!("{CANNOT_START}`{program}`: {error}")));
        }
        tries -= 1;
        std::thread::sleep(PAUSE);
    }
}

/// Hears of process groups that begin (`+1234`) and end (`-1234`) until the server that tells of
/// them is gone; then ends those that are left.
pub fn guard() {
    let mut groups = BTreeSet::new();
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let group = |id: &str| id.parse().ok().and_then(Pid::from_raw);
        if let Some(begun) = line.strip_prefix('+').and_then(group) {
            groups.insert(begun.as_raw_nonzero());
        } else if let Some(ended) = line.strip_prefix('-').and_then(group) {
            groups.remove(&ended.as_raw_nonzero());
        }
    }
    for group in groups.into_iter().filter_map(|id| Pid::from_raw(id.get())) {
        // Nobody left to kill is what is wanted.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(target_os = "linux")]
fn end_with_the_server() -> rustix::io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
}

#[cfg(not(target_os = "linux"))]
fn end_with_the_server() -> rustix::io::Result<()> {
    Ok(())
}
