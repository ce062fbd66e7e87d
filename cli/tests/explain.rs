//! `scheduler check --explain`, from the outside; its pages' words are the golden cases' affair.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails its test")]

use scheduler_plan::code::Code;
use serde_json::Value;
use std::process::{Command, Output};

/// In a folder without a project: an explanation needs none.
fn explain(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_scheduler"))
        .args(["check", "--explain"])
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .unwrap()
}

#[test]
fn the_list_has_every_code_with_its_sentence() {
    let done = explain(&["list"]);
    let text = String::from_utf8(done.stdout).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), Code::ALL.len());
    for (code, line) in Code::ALL.iter().zip(lines) {
        assert!(line.starts_with(code.as_str()) && line.ends_with(code.about()), "{line}");
    }
    let done = explain(&["list", "--json"]);
    let value: Value = serde_json::from_slice(&done.stdout).unwrap();
    let codes = value["codes"].as_array().unwrap();
    assert_eq!(codes.len(), Code::ALL.len());
    assert!(codes.iter().all(|one| one["about"].as_str().is_some_and(|about| !about.is_empty())));
}

#[test]
fn every_code_has_its_page_and_no_other_has() {
    for code in Code::ALL {
        let done = explain(&[code.as_str()]);
        assert_eq!(done.status.code(), Some(0), "{code}");
        let text = String::from_utf8(done.stdout).unwrap();
        assert!(text.starts_with(&format!("{code}: {}\n\n", code.about())), "{text}");
    }
    let done = explain(&["xyz", "--json"]);
    assert_eq!(done.status.code(), Some(2));
    let value: Value = serde_json::from_slice(&done.stdout).unwrap();
    let hint = value["error"]["hint"].as_str().unwrap();
    assert_eq!(hint, "`scheduler check --explain list` lists them all");
}
