//! `scheduler __child`: what every consumer's process begins as.
//!
//! It asks the system to end with the server that started it, whatever ends that one, and then
//! becomes the consumer's program. On Linux, what a killed server leaves behind is nothing, except
//! for processes that the consumer itself started. Other systems cannot be asked: there, a
//! consumer whose server was killed ends when it next asks for an event and nobody answers.

use crate::args::ChildArgs;
use crate::error::Failure;
use crate::local::consumers::CANNOT_START;
use rustix::process::getppid;
use std::io::ErrorKind;
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

#[cfg(target_os = "linux")]
fn end_with_the_server() -> rustix::io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
}

#[cfg(not(target_os = "linux"))]
fn end_with_the_server() -> rustix::io::Result<()> {
    Ok(())
}
