//! `cargo figures` as a person runs it, on the smallest project and once.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails its test")]

use serde_json::{Value, json};
use std::process::{Command, Output};

fn figures(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_figures")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_command_has_a_line_with_a_figure() {
    let done = figures(&["commands", "--debug", "--plugins", "1", "--runs", "1"]);
    let said = text(&done.stdout);
    assert!(done.status.success(), "{said}{}", text(&done.stderr));
    for row in ["check", "plan", "synth", "build, nothing to do", "build, one file touched"] {
        let lines: Vec<_> = said.lines().filter(|line| line.trim().starts_with(row)).collect();
        // CPU time and memory.
        assert_eq!(lines.len(), 2, "{row}: {said}");
        for line in lines {
            let figure = line.trim().trim_start_matches(row).split_whitespace().next();
            let figure = figure.and_then(|word| word.parse::<f64>().ok());
            assert!(figure > Some(0.0), "{line}");
        }
    }
    assert!(said.contains("before in brackets"), "{said}");
}

#[test]
fn one_suite_can_be_taken_as_json() {
    let done = figures(&["templates", "--json", "--debug", "--plugins", "1", "--runs", "1"]);
    let told: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(told["suites"].as_array().unwrap().len(), 1);
    let tables = told["suites"][0]["tables"].as_array().unwrap();
    let resources = tables.iter().find(|table| table["name"] == "resources").unwrap();
    let rows = resources["rows"].as_array().unwrap();
    let subscriptions = rows.iter().find(|row| row["name"] == "subscriptions").unwrap();
    assert_eq!(subscriptions["values"][0], 1.0);
}

#[test]
fn the_server_can_be_measured() {
    let done = figures(&["local", "--debug", "--runs", "1"]);
    let said = text(&done.stdout);
    assert!(done.status.success(), "{said}{}", text(&done.stderr));
    assert!(said.lines().any(|line| line.starts_with("local: ")), "{said}");
}

#[test]
fn the_core_can_be_measured() {
    let done = figures(&["in-step", "--json", "--debug", "--runs", "1"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let told: Value = serde_json::from_slice(&done.stdout).unwrap();
    let tables = told["suites"][0]["tables"].as_array().unwrap();
    let calls = tables.iter().find(|table| table["name"] == "calls").unwrap();
    let columns = json!(["list", "scan", "get", "read", "send"]);
    assert_eq!(calls["columns"], columns);
    // 2,000 jobs in parts of a thousand, and as many schedules in parts of a hundred.
    assert_eq!(calls["rows"][0]["values"], json!([20.0, 2.0, 2000.0, 0.0, 0.0]));
    let memory = tables.iter().find(|table| table["name"] == "memory").unwrap();
    assert_eq!(memory["unit"], "MB");
    let held = memory["rows"].as_array().unwrap().iter().map(|row| row["values"][0].as_f64());
    // A pass over 2,000 jobs and as many schedules.
    assert!(held.clone().count() == 4 && held.flatten().all(|mb| mb < 50.0), "{memory}");
    let rates = tables.iter().find(|table| table["name"] == "rates").unwrap();
    let rates = rates["rows"].as_array().unwrap();
    assert_eq!(rates.len(), 3);
    assert!(rates.iter().all(|row| row["values"][0].as_f64() > Some(0.0)), "{rates:?}");
}

#[test]
fn what_it_does_not_know_is_refused_with_its_usage() {
    let done = figures(&["--fast"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stdout).contains("usage: cargo figures"), "{}", text(&done.stdout));
}

#[test]
fn every_suite_can_be_picked() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/suites");
    let usage = text(&figures(&["--fast"]).stdout);
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().replace('_', "-");
        let is_told = usage.lines().any(|line| line.split_whitespace().next() == Some(&name));
        assert!(name == "mod" || is_told, "`{name}` is not in SUITES: {usage}");
    }
}
