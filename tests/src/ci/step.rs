//! What a step is: a list of commands, prepared from what was set up.

use crate::outcome::{Outcome, ensure};
use crate::places;
use crate::tools::Tools;
use std::path::Path;
use std::process::{Command, Stdio};

/// What every step is given.
pub(super) struct Context {
    pub(super) tools: Tools,
    /// Long runs at their full length.
    pub(super) full: bool,
}

/// One line of the summary.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    pub(super) run: fn(&Context, &mut Report) -> Outcome,
}

/// What a step has to say when it went well.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// The test runner's closing lines and the like.
    pub(super) lines: Vec<String>,
}

/// A cargo command in the checkout's root, with the tools on the PATH.
pub(super) fn cargo(context: &Context, arguments: &[&str]) -> Outcome<Command> {
    let mut command = Command::new(places::cargo());
    places::forget_cargo(&mut command);
    command
        .args(arguments)
        .current_dir(places::repository())
        .env("PATH", context.tools.path()?)
        .env("CARGO_TERM_COLOR", "never")
        .env("TERM", "dumb");
    if context.full {
        command.env("PROPTEST_CASES", "65536").env("SCHEDULER_FULL", "1");
    }
    Ok(command)
}

/// The same for a plugin, which is a workspace of its own but shares one target folder.
pub(super) fn plugin_cargo(
    context: &Context,
    plugin: &Path,
    arguments: &[&str],
) -> Outcome<Command> {
    let mut command = cargo(context, arguments)?;
    command.current_dir(plugin).env("CARGO_TARGET_DIR", places::plugin_target());
    Ok(command)
}

/// Runs a command to its end; what it printed is the error where it failed.
pub(super) fn finish(mut command: Command) -> Outcome<String> {
    let done = command.stdin(Stdio::null()).output()?;
    let stdout = String::from_utf8_lossy(&done.stdout);
    let stderr = String::from_utf8_lossy(&done.stderr);
    ensure(done.status.success(), || {
        format!("{}\n{stderr}{stdout}\n{}", line(&command), done.status)
    })?;
    Ok(stdout.into_owned())
}

/// The command as a person would type it.
fn line(command: &Command) -> String {
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
    let folder = command.get_current_dir().unwrap_or(Path::new("."));
    format!("$ cd {} && cargo {}", folder.display(), words.join(" "))
}

/// Runs the same cargo command for the root workspace and for every Rust plugin.
pub(super) fn everywhere(
    context: &Context,
    root: &[&str],
    plugin: &[&str],
) -> Outcome<Vec<String>> {
    let mut said = vec![finish(cargo(context, root)?)?];
    for folder in places::folders_with("plugins", "Cargo.toml")? {
        said.push(finish(plugin_cargo(context, &folder, plugin)?)?);
    }
    Ok(said)
}

/// The lines with which a test runner closes: the verdict of each test program, and their sum.
pub(super) fn closing_lines(outputs: &[String]) -> Vec<String> {
    let verdicts = || {
        let lines = outputs.iter().flat_map(|output| output.lines());
        lines.filter(|line| line.starts_with("test result:"))
    };
    let passed: u32 = verdicts().filter_map(passed).sum();
    let ran = verdicts().filter(|line| passed_any(line));
    ran.map(str::to_owned).chain([format!("{passed} tests passed")]).collect()
}

fn passed_any(line: &str) -> bool {
    passed(line).is_some_and(|count| count > 0)
}

/// `test result: ok. 12 passed; 0 failed; ...`
fn passed(line: &str) -> Option<u32> {
    let (before, _) = line.split_once(" passed")?;
    before.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runners_closing_lines_are_kept_and_added_up() {
        let root = "running 2 tests\ntest result: ok. 2 passed; 0 failed; 0 ignored\n\
                    running 0 tests\ntest result: ok. 0 passed; 0 failed; 0 ignored\n";
        let plugin = "test result: ok. 11 passed; 0 failed; 0 ignored\n";
        assert_eq!(
            closing_lines(&[root.into(), plugin.into()]),
            [
                "test result: ok. 2 passed; 0 failed; 0 ignored",
                "test result: ok. 11 passed; 0 failed; 0 ignored",
                "13 tests passed",
            ]
        );
    }
}
