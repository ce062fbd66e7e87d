//! State in a folder: what one language keeps, every other one finds.

use crate::support::{Language, Program, job, names_in};
use serde_json::{Value, json};
use std::path::Path;

/// Keys as jobs have them, and as nobody should: they stay keys.
fn keys() -> Vec<String> {
    let printable: String = (0x20..0x7f_u8).map(char::from).collect();
    let named =
        ["u-1", "../out", "..", ".", "a/b", "/etc/x", "ünï 漢 🛰", "%2e%2E", "x#1", ".lock2"];
    let lines = "tab\tline\r\nnull\0\u{7f}".to_owned();
    named.map(str::to_owned).into_iter().chain([printable, lines]).collect()
}

async fn put(program: &mut Program, key: &str, text: &str) {
    program.work(&job(&json!({"act": "put", "key": key, "text": text}))).await;
}

/// The text, if the key holds one.
async fn get(program: &mut Program, key: &str) -> Option<Value> {
    let mut log = program.work(&job(&json!({"act": "get", "key": key}))).await;
    assert_eq!(log.len(), 1, "{log:?}");
    log.remove(0).get("text").cloned()
}

async fn over(folder: &Path) -> Vec<(Language, Program)> {
    let url = format!("file://{}", folder.display());
    let mut programs = Vec::new();
    for language in Language::ALL {
        programs.push((language, language.start(&[], &[("STATE_URL", &url)]).await));
    }
    programs
}

#[tokio::test]
async fn what_one_language_keeps_every_other_one_finds_under_the_same_name() {
    let dir = tempfile::tempdir().unwrap();
    let mut names = Vec::new();
    for writer in Language::ALL {
        // With everything that a URL escapes.
        let folder = dir.path().join(format!("{writer:?} ü%41"));
        let escaped = format!("{}/{writer:?}%20%C3%BC%2541", dir.path().display());
        let mut programs = over(Path::new(&escaped)).await;
        let at = programs.iter().position(|(language, _)| *language == writer).unwrap();
        for key in keys() {
            put(&mut programs[at].1, &key, &format!("ü {key}")).await;
        }
        for (reader, program) in &mut programs {
            for key in keys() {
                let found = get(program, &key).await;
                let wanted = json!(format!("ü {key}"));
                assert_eq!(found, Some(wanted), "{reader:?} reads {key:?} of {writer:?}");
            }
        }
        names.push(names_in(&folder));
    }
    assert_eq!(names[0].len(), keys().len(), "{names:?}");
    assert!(names.iter().all(|its| *its == names[0]), "{names:?}");
    assert_eq!(names_in(dir.path()).len(), Language::ALL.len(), "nothing lies beside the folders");
}

#[tokio::test]
async fn the_last_writer_wins_and_what_is_deleted_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let mut programs = over(&dir.path().join("state")).await;
    for deleter in Language::FILES {
        for (language, program) in &mut programs {
            assert_eq!(get(program, "k").await, None, "{language:?}");
        }
        for nth in [0, 1, 2, 3, 0] {
            put(&mut programs[nth].1, "k", &format!("by {nth}")).await;
            for (language, program) in &mut programs {
                assert_eq!(
                    get(program, "k").await,
                    Some(json!(format!("by {nth}"))),
                    "{language:?}"
                );
            }
        }
        // The second time there is nothing to delete, which is no failure.
        let delete = job(&json!({"act": "delete", "key": "k"}));
        let (_, program) = programs.iter_mut().find(|(language, _)| *language == deleter).unwrap();
        program.work(&delete).await;
        program.work(&delete).await;
    }
    // The crate's lock is all that is left.
    assert_eq!(names_in(&dir.path().join("state")), [".lock"]);
}

#[tokio::test]
async fn a_place_that_is_none_is_told_with_its_name() {
    for language in Language::ALL {
        for url in ["ftp://x/y", "nothing", "file://host/x"] {
            let mut program = language.start(&[], &[("STATE_URL", url)]).await;
            let body = job(&json!({"act": "get", "key": "k"})).to_string();
            let event = json!({"Records": [{"messageId": "m1", "body": body}]});
            let run = program.invoke(&event).await;
            assert_eq!(run.outcome.unwrap()["batchItemFailures"][0]["itemIdentifier"], "m1");
            let reason = run.log[0]["reason"].as_str().unwrap();
            assert!(reason.contains(&format!("`{url}`")), "{language:?}: {reason}");
        }
    }
}
