//! `tests/golden/<case>/`: what `scheduler` says about a project, word for word.
//!
//! `project/` is the project; `arguments`, where there is one, is the command line (default:
//! `check`); `expected.txt` is what stderr and stdout then hold and how it ends.
//! `UPDATE_GOLDEN=1 cargo test -p scheduler-tests --test golden` writes them anew.

use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::places;
use scheduler_tests::support::golden;
use scheduler_tests::support::scheduler::Scheduler;
use std::fs;
use std::path::Path;

/// So many mistakes have their exact words, at least.
const BAD_PROJECTS: usize = 60;

#[test]
fn every_case_says_what_is_expected() -> Outcome {
    let cases = places::folders_with("tests/golden", "project")?;
    let (mut wrong, mut bad) = (Vec::new(), 0);
    for case in cases {
        let said = say(&case)?;
        bad += usize::from(said.ends_with("exit code 2\n"));
        wrong.extend(without_repair(&said).map(|line| format!("no repair follows: {line}")));
        wrong.extend(golden::compare(&case.join("expected.txt"), &said)?);
    }
    ensure(bad >= BAD_PROJECTS, || format!("only {bad} bad projects are shown"))?;
    ensure(wrong.is_empty(), || wrong.join("\n"))
}

/// The problems that no hint follows.
fn without_repair(said: &str) -> impl Iterator<Item = &str> {
    let pairs = said.lines().zip(said.lines().skip(1));
    let is_problem = |line: &str| {
        let mut parts = line.splitn(4, ':').skip(1).take(2);
        let code = line.strip_suffix(']').and_then(|line| line.rsplit_once(" [")).is_some();
        code && parts.clone().count() == 2 && parts.all(|part| part.parse::<usize>().is_ok())
    };
    let bare = pairs.filter(move |(line, next)| is_problem(line) && !next.starts_with("  hint: "));
    bare.map(|(line, _)| line)
}

/// Runs on a copy, so that nothing is left in the case.
fn say(case: &Path) -> Outcome<String> {
    let copy = tempfile::tempdir()?;
    places::copy_folder(&case.join("project"), copy.path())?;
    let line = fs::read_to_string(case.join("arguments")).unwrap_or_else(|_| "check".into());
    let arguments: Vec<_> = line.split_whitespace().collect();
    let done = Scheduler::of(copy.path()).run(&arguments)?;
    let said = format!("{}{}exit code {}\n", done.stderr, done.stdout, done.code);
    Ok(said.replace(&copy.path().display().to_string(), "<project>"))
}
