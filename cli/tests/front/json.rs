//! `--json`: whatever the command, whatever goes wrong, stdout holds one JSON document.

use crate::support::{Finished, run};
use clap::Command;
use scheduler::args::visible;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Every command, and how it is made to fail in a folder without a project. `file` is a file there,
/// `taken` a folder with a `scheduler.toml`.
const FAILING: &[(&str, &[&str], u8)] = &[
    ("build", &[], 2),
    ("check", &[], 2),
    ("completions", &["bahs"], 2),
    ("deploy", &["--env", "dev"], 2),
    ("destroy", &["--env", "dev"], 2),
    ("diff", &["--env", "dev"], 2),
    ("doctor", &[], 2),
    ("init", &["taken"], 3),
    ("jobs create", &["--type", "t", "--every", "1m", "--url", CLOSED], 1),
    ("jobs dead", &["--url", CLOSED], 1),
    ("jobs delete", &["1", "--url", CLOSED], 1),
    ("jobs list", &["--env", "dev"], 2),
    ("jobs pause", &["1", "--url", CLOSED], 1),
    ("jobs resume", &["1", "--url", CLOSED], 1),
    ("jobs run", &["1", "--url", CLOSED], 1),
    ("jobs runs", &["1", "--url", CLOSED], 1),
    ("jobs show", &["1", "--url", CLOSED], 1),
    ("jobs update", &["1", "--url", CLOSED], 1),
    ("local", &[], 2),
    ("login", &["--env", "dev"], 2),
    ("man", &["--out", "file"], 1),
    ("plan", &["--env", "dev"], 2),
    ("plugin list", &[], 2),
    ("plugin new", &["uptime"], 2),
    ("plugin test", &["uptime"], 2),
    ("status", &["--env", "dev"], 2),
    ("synth", &["--env", "dev"], 2),
    ("verify", &["--env", "dev"], 2),
];

/// Nothing listens on port 9.
const CLOSED: &str = "http://127.0.0.1:9/v1";

/// The words of every command that has none below it.
fn leaves(command: &Command, words: &str, found: &mut BTreeSet<String>) {
    for below in command.get_subcommands() {
        let words = format!("{words} {}", below.get_name());
        match below.has_subcommands() {
            true => leaves(below, &words, found),
            false => drop(found.insert(words.trim_start().to_owned())),
        }
    }
}

fn commands() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    leaves(&visible(), "", &mut found);
    found
}

/// One document, and it is an error that says what the exit code says.
fn is_an_error(done: &Finished, code: u8, line: &str) -> Value {
    assert_eq!(done.code, i32::from(code), "{line}: {}", done.all());
    let error = done.json()["error"].clone();
    assert_eq!(error["code"], code, "{line}: {}", done.all());
    let message = error["message"].as_str().unwrap_or_default();
    assert!(!message.is_empty(), "{line}: {}", done.all());
    assert!(error["problems"].is_array() && error["causes"].is_array(), "{line}: {}", done.all());
    // For the person who reads the log.
    assert!(done.stderr.contains("error: "), "{line}: {}", done.all());
    error
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    fs::create_dir(folder.path().join("taken")).unwrap();
    fs::write(folder.path().join("taken/scheduler.toml"), "").unwrap();
    folder
}

#[test]
fn every_command_fails_in_json() {
    let told: BTreeSet<_> = FAILING.iter().map(|(words, ..)| (*words).to_owned()).collect();
    assert_eq!(told, commands(), "the table has to name every command");
    let folder = folder();
    for (words, more, code) in FAILING {
        let line: Vec<_> = words.split(' ').chain(more.iter().copied()).collect();
        let with_json = [&line[..], &["--json"]].concat();
        let error = is_an_error(&run(folder.path(), &with_json), *code, words);
        assert!(error["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{words}: {error}");
        let plain = run(folder.path(), &line);
        assert_eq!((plain.code, plain.stdout.as_str()), (i32::from(*code), ""), "{words}");
    }
}

#[test]
fn every_command_line_that_cannot_be_read_is_refused_in_json() {
    for words in commands() {
        let line: Vec<_> = words.split(' ').chain(["--no-such-flag", "--json"]).collect();
        let error = is_an_error(&run(Path::new("."), &line), 2, &words);
        assert!(error["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{words}: {error}");
    }
    for url in ["not a url", "", "ftp://x", "http://[::1", "127.0.0.1:8080"] {
        let line = ["jobs", "list", "--json", "--url", url];
        let error = is_an_error(&run(Path::new("."), &line), 2, url);
        assert!(error["message"].as_str().unwrap().contains("http://127.0.0.1:8080/v1"), "{error}");
    }
    // Where clap itself has nothing to say, too.
    let error = is_an_error(&run(Path::new("."), &["build", "--json", "--plugin"]), 2, "build");
    assert_eq!(error["hint"], "`--help` behind the command tells what it takes");
}

#[test]
fn problems_come_with_place_code_and_repair() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("scheduler.toml"), "[service]\nname = \"Shop\"\n").unwrap();
    for line in ["check", "build", "plan --env dev", "synth --env dev", "status --env dev"] {
        let line: Vec<_> = line.split(' ').chain(["--json"]).collect();
        let error = is_an_error(&run(folder.path(), &line), 2, &line.join(" "));
        let problem = &error["problems"][0];
        assert_eq!(problem["place"], json!({"path": "scheduler.toml", "line": 2, "column": 8}));
        assert_eq!(problem["code"], "bad-service-name");
        assert!(problem["hint"].as_str().unwrap().starts_with("choose a shorter"), "{problem}");
    }
}
