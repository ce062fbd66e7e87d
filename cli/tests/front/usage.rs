//! What is said about a command line that cannot be read, and about names that do not exist.

use crate::support::{command, finish, run, succeed};
use std::fs;
use std::path::Path;

#[test]
fn a_wrong_command_line_is_an_error_object_too() {
    let done = run(Path::new("."), &["chek", "--json"]);
    assert_eq!(done.code, 2, "{}", done.all());
    let error = &done.json()["error"];
    assert_eq!(error["code"], 2);
    assert_eq!(error["message"], "unrecognized subcommand 'chek'");
    assert!(error["hint"].as_str().unwrap().contains("'check'"), "{error}");
    assert_eq!(error["problems"], serde_json::json!([]));
    // For the person who reads the log, as without `--json`.
    assert_eq!(done.stderr, run(Path::new("."), &["chek"]).stderr);
    assert!(done.stderr.contains("Usage: scheduler"), "{}", done.all());
}

#[test]
fn without_json_nothing_goes_to_stdout() {
    for arguments in [&["chek"][..], &["plan"], &["plan", "--evn", "dev"], &["jobs"], &[]] {
        let done = run(Path::new("."), arguments);
        assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{}", done.all());
        assert!(done.stderr.contains("Usage: scheduler"), "{}", done.all());
    }
}

#[test]
fn help_and_version_go_to_stdout_and_are_no_failure() {
    for arguments in [&["--help"][..], &["help", "deploy"], &["jobs", "create", "-h"]] {
        let done = succeed(Path::new("."), arguments);
        assert!(done.stdout.contains("Examples:"), "{}", done.all());
        assert_eq!(done.stderr, "");
    }
    let version = format!("scheduler {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(succeed(Path::new("."), &["--version"]).stdout, version);
}

#[test]
fn the_hidden_command_is_nowhere_in_the_help() {
    assert!(!succeed(Path::new("."), &["--help"]).stdout.contains("__child"));
}

#[test]
fn colour_in_help_and_usage_is_as_it_was_asked_for() {
    let colored = |arguments: &[&str], no_color: &str| {
        let mut command = command(Path::new("."), arguments);
        command.env("NO_COLOR", no_color);
        let done = finish(command);
        format!("{}{}", done.stdout, done.stderr).contains('\u{1b}')
    };
    for arguments in [&["--help"][..], &["chek"]] {
        assert!(!colored(arguments, ""), "not on a terminal");
        assert!(colored(&[&["--color", "always"], arguments].concat(), ""));
        // What a person types is nearer than what stands in the environment.
        assert!(colored(&[&["--color=always"], arguments].concat(), "1"));
        assert!(!colored(&[&["--color=never"], arguments].concat(), ""));
    }
}

#[test]
fn the_system_on_this_machine_is_meant_where_there_is_no_project() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [["jobs", "list", "--env", "loacl"], ["verify", "--env", "loacl", "--repair"]]
    {
        let done = run(folder.path(), &arguments);
        assert_eq!(done.code, 2, "{}", done.all());
        assert!(done.stderr.contains("did you mean `local`?"), "{}", done.all());
    }
}

#[test]
fn a_misspelt_name_gets_the_nearest_one() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["init"]);
    let cases = [
        (&["deplyo", "--env", "dev"][..], "'deploy'"),
        (&["plan", "--projekt", "."], "'--project'"),
        (&["jobs", "lits"], "'list'"),
        (&["check", "--env", "prdo"], "did you mean `prod`?"),
        (&["plan", "--env", "prdo"], "did you mean `prod`?"),
        (&["synth", "--env", "prdo"], "did you mean `prod`?"),
        (&["local", "--env", "prdo"], "did you mean `prod`?"),
        (&["jobs", "list", "--env", "prdo"], "did you mean `prod`?"),
        (&["login", "--env", "prdo"], "did you mean `prod`?"),
        (&["doctor", "--env", "prdo"], "did you mean `prod`?"),
        (&["verify", "--env", "prdo"], "did you mean `prod`?"),
        (&["jobs", "list", "--env", "loacl"], "did you mean `local`?"),
        (&["jobs", "dead", "--env", "loacl"], "did you mean `local`?"),
        (&["verify", "--env", "loacl"], "did you mean `local`?"),
        (&["verify", "--env", "zzz"], "it can be `dev`, `prod` or `local`"),
        (&["status", "--env", "zzz"], "it can be `dev` or `prod`"),
        (&["login", "--env", "local"], "asks nobody for a token"),
        (&["build", "--plugin", "helo"], "did you mean `hello`?"),
        (&["build", "--env", "prdo"], "did you mean `prod`?"),
        (&["plugin", "test", "helo"], "did you mean `hello`?"),
        (&["plugin", "test", "hello", "--env", "prdo"], "did you mean `prod`?"),
        (&["plugin", "test", "hello", "--type", "helo"], "did you mean `hello`?"),
    ];
    for (arguments, hint) in cases {
        let done = run(folder.path(), arguments);
        assert_eq!(done.code, 2, "{arguments:?}: {}", done.all());
        assert!(done.stderr.contains(hint), "{arguments:?}: {}", done.all());
    }
    let manifest = folder.path().join("scheduler.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("prod.plugins.hello", "prod.plugins.helo")).unwrap();
    let done = run(folder.path(), &["check"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert!(done.stderr.contains("did you mean `hello`?"), "{}", done.all());
}
