//! `scheduler completions` and `scheduler man`

use crate::support::{run, succeed, tree};
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn every_shells_completions_know_the_commands_but_not_the_hidden_one() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = succeed(Path::new("."), &["completions", shell]).stdout;
        for word in ["deploy", "destroy", "jobs", "runs", "endpoint-url"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        assert!(!script.contains("__child"), "{shell}");
    }
}

#[test]
fn a_shell_completes_with_its_script() {
    let script = succeed(Path::new("."), &["completions", "bash"]).stdout;
    let ask = "\nCOMP_WORDS=(scheduler dep); COMP_CWORD=1\n_scheduler scheduler dep scheduler\n\
               echo \"${COMPREPLY[@]}\"\n";
    let mut bash = Command::new("bash");
    let done = bash.args(["--norc", "-c", &format!("{script}{ask}")]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&done.stdout).trim(), "deploy");
}

#[test]
fn completions_are_a_result_as_json_too() {
    let value = succeed(Path::new("."), &["completions", "fish", "--json"]).json();
    assert_eq!(value["shell"], "fish");
    assert!(value["script"].as_str().unwrap().contains("complete -c scheduler"));
}

#[test]
fn an_unknown_shell_is_told_which_there_are() {
    let done = run(Path::new("."), &["completions", "bahs"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert!(done.stderr.contains("'bash'") && done.stderr.contains("fish"), "{}", done.all());
}

#[test]
fn the_main_page_tells_commands_and_examples() {
    let page = succeed(Path::new("."), &["man"]).stdout;
    for word in [".TH scheduler 1", "scheduler init", "scheduler\\-deploy(1)", "Exit codes:"] {
        assert!(page.contains(word), "{word}: {page}");
    }
    assert!(!page.contains("__child"), "{page}");
    assert_eq!(succeed(Path::new("."), &["man", "--json"]).json()["page"], page);
}

#[test]
fn there_is_a_page_for_every_command_and_subcommand() {
    let folder = tempfile::tempdir().unwrap();
    let done = succeed(folder.path(), &["man", "--out", "man/man1", "--json"]);
    let pages = tree(&folder.path().join("man/man1"));
    for page in ["scheduler.1", "scheduler-deploy.1", "scheduler-jobs-create.1"] {
        assert!(pages.iter().any(|name| name == page), "{page}: {pages:?}");
    }
    assert!(
        pages.iter().all(|name| !name.contains("child") && !name.contains("help")),
        "{pages:?}"
    );
    let told: Vec<_> = pages.iter().map(|name| format!("man/man1/{name}")).collect();
    assert_eq!(done.json()["pages"], serde_json::json!(told));
    for page in &pages {
        let text = fs::read_to_string(folder.path().join("man/man1").join(page)).unwrap();
        let name = page.trim_end_matches(".1");
        assert!(text.contains(&format!(".TH {name} 1")), "{page}: {text}");
        let examples = text.split(".SH EXAMPLES\n.nf\n").nth(1).expect(page);
        assert!(examples.contains("scheduler "), "{page}: {examples}");
    }
}

#[test]
fn a_folder_that_cannot_be_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("man"), "").unwrap();
    let done = run(folder.path(), &["man", "--out", "man"]);
    assert_eq!(done.code, 1, "{}", done.all());
    assert!(done.stderr.starts_with("error: cannot write `man/scheduler"), "{}", done.all());
}
