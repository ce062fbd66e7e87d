//! What a child process costs.

use scheduler_tests::outcome::{Outcome, ensure};
use std::fs::File;
use std::io::{Read, Seek};
use std::process::{Command, Stdio};
use std::time::Duration;
use wait4::Wait4;

/// What a child process, and every process that it waited for, took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    /// User and system time.
    pub(crate) cpu: Duration,
    /// The largest resident set of any of them, in bytes. Linux counts what this program itself
    /// held when it forked, so it has to stay smaller than what it measures.
    pub(crate) peak: u64,
}

/// Runs a command to its end, its output thrown away.
///
/// # Errors
/// Any exit code but 0, with what it said.
pub(crate) fn cost(command: &mut Command) -> Outcome<Cost> {
    let mut said = tempfile::tempfile()?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said.try_clone()?);
    let ended = command.spawn()?.wait4()?;
    ensure(ended.status.success(), || {
        let text = text(&mut said);
        format!("{command:?} ended with {}\n{text}", ended.status)
    })?;
    let usage = ended.rusage;
    Ok(Cost { cpu: usage.utime + usage.stime, peak: usage.maxrss })
}

fn text(file: &mut File) -> String {
    let mut text = String::new();
    // What cannot be read is not there to be shown.
    let _ = file.rewind().and_then(|()| file.read_to_string(&mut text));
    text
}

/// The cost in the middle of several, each part by itself.
pub(crate) fn median(costs: &[Cost]) -> Cost {
    let mut cpu: Vec<_> = costs.iter().map(|cost| cost.cpu).collect();
    let mut peak: Vec<_> = costs.iter().map(|cost| cost.peak).collect();
    cpu.sort_unstable();
    peak.sort_unstable();
    let middle = costs.len() / 2;
    Cost {
        cpu: cpu.get(middle).copied().unwrap_or_default(),
        peak: peak.get(middle).copied().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_child_that_works_costs_something() {
        let cost = cost(&mut shell("i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done")).unwrap();
        assert!(cost.cpu > Duration::ZERO);
        assert!(cost.peak > 100_000, "{cost:?}");
    }

    #[test]
    fn a_child_that_fails_is_told_with_what_it_said() {
        let failure = cost(&mut shell("echo no >&2; exit 3")).unwrap_err().to_string();
        assert!(failure.ends_with("ended with exit status: 3\nno\n"), "{failure}");
    }

    #[test]
    fn the_middle_is_found_of_each_part_by_itself() {
        let cost = |ms, peak| Cost { cpu: Duration::from_millis(ms), peak };
        assert_eq!(median(&[cost(9, 1), cost(1, 2), cost(5, 9)]), cost(5, 2));
    }
}
