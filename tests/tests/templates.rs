//! The templates of this repository's own project and of every example, for each of their envs:
//! cfn-lint finds nothing, and they are what `tests/golden-templates` holds.

use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::places;
use scheduler_tests::support::golden;
use scheduler_tests::support::scheduler::Scheduler;
use scheduler_tests::tools::{self, Tools};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn templates_are_as_expected_and_lint_clean() -> Outcome {
    let tools = tools::setup()?;
    let mut projects = vec![places::repository().to_owned()];
    projects.extend(places::folders_with("examples", "scheduler.toml")?);
    let mut wrong = Vec::new();
    for project in projects {
        for env in envs(&project)? {
            wrong.extend(check(&tools, &project, &env)?);
        }
    }
    ensure(wrong.is_empty(), || wrong.join("\n"))
}

fn check(tools: &Tools, project: &Path, env: &str) -> Outcome<Vec<String>> {
    let out = tempfile::tempdir()?;
    let folder = out.path().display().to_string();
    Scheduler::of(project)
        .with_path(tools.path()?)
        .succeed(&["synth", "--env", env, "--out", &folder])?;
    let mut wrong = Vec::from_iter(lint(tools, out.path())?);
    let golden = golden_folder(project).join(env);
    let files = places::files_under(out.path())?;
    for file in &files {
        let text = fs::read_to_string(out.path().join(file))?;
        wrong.extend(golden::compare(&golden.join(file), &without_digests(&text))?);
    }
    for file in places::files_under(&golden).unwrap_or_default() {
        if !files.contains(&file) {
            wrong.push(format!("{} is made no more", golden.join(file).display()));
        }
    }
    Ok(wrong)
}

fn golden_folder(project: &Path) -> PathBuf {
    let folders = places::repository().join("tests/golden-templates");
    match project.strip_prefix(places::repository()) {
        Ok(below) if below.as_os_str().is_empty() => folders.join("repository"),
        Ok(below) => folders.join(below),
        Err(_) => folders,
    }
}

/// `-c I`: with the informational findings; any output at all is a finding.
fn lint(tools: &Tools, folder: &Path) -> Outcome<Option<String>> {
    let files = places::files_under(folder)?;
    let done = Command::new(tools.program("cfn-lint"))
        .args(["-c", "I", "--"])
        .args(&files)
        .current_dir(folder)
        .output()?;
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    Ok((!said.trim().is_empty() || !done.status.success()).then_some(said))
}

/// Every `[env.NAME]` and `[env.NAME.more]` of the manifest.
fn envs(project: &Path) -> Outcome<Vec<String>> {
    let manifest = fs::read_to_string(project.join("scheduler.toml"))?;
    let mut names: Vec<_> = manifest
        .lines()
        .filter_map(|line| line.trim().strip_prefix("[env."))
        .filter_map(|rest| rest.split(['.', ']']).next())
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    ensure(!names.is_empty(), || format!("{} has no env", project.display()))?;
    Ok(names)
}

/// A digest says which build it was; the golden file says only which digests are the same.
fn without_digests(text: &str) -> String {
    let mut seen = BTreeMap::new();
    let mut told = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_hexdigit()) {
        let (before, from) = rest.split_at(at);
        let length = from.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(from.len());
        let (word, after) = from.split_at(length);
        told.push_str(before);
        if length == 64 {
            let next = seen.len() + 1;
            let nth = *seen.entry(word).or_insert(next);
            told.push_str(&format!("<sha256 {nth}>"));
        } else {
            told.push_str(word);
        }
        rest = after;
    }
    told + rest
}

#[test]
fn digests_are_told_apart_but_not_told() {
    let (one, two) = ("a".repeat(64), "b".repeat(64));
    assert_eq!(
        without_digests(&format!("{one} {two}/{one}, abc")),
        "<sha256 1> <sha256 2>/<sha256 1>, abc"
    );
}
