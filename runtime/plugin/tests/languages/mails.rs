//! Mail in an outbox folder: the same file and the same message, whichever language wrote it.

use crate::support::{Language, job, names_in, read_mail};
use serde_json::{Value, json};
use std::fs;

const LONG: &str = "Zoë’s page — changed: 漢字 ";

async fn sent_by(language: Language, own: &Value) -> (Vec<String>, Value) {
    let mut program = language.probe().await;
    let mut own = own.clone();
    own["act"] = "mail".into();
    // The second try puts the mail in the place of the first.
    program.work(&job(&own)).await;
    program.work(&job(&own)).await;
    let outbox = program.path("outbox");
    assert_eq!(names_in(&outbox.join(".writing")), [""; 0], "{language:?}");
    let names = names_in(&outbox);
    let file = names.iter().find(|name| name.ends_with(".eml")).unwrap();
    (names.clone(), read_mail(&fs::read(outbox.join(file)).unwrap()))
}

#[tokio::test]
async fn every_language_writes_the_same_mail() {
    let html = "<p>Zoë &amp; 漢字</p>\n".repeat(20);
    let line = "x".repeat(2_000);
    for own in [
        json!({"to": "ada@example.com", "subject": "plain", "text": "one\ntwo\n", "key": "u-7-m1"}),
        json!({"to": "ada@example.com", "subject": LONG.repeat(9), "text": format!("{LONG}\n{line}"),
            "html": html, "key": "u/1 ü~🛰"}),
        json!({"to": "a+b@example.com", "subject": "two\r\nBcc: all@example.com", "text": "",
            "html": "<!DOCTYPE html>", "key": "k".repeat(150)}),
    ] {
        let (names, mail) = sent_by(Language::Crate, &own).await;
        assert_eq!(names.len(), 2, "{names:?}");
        assert_eq!(mail["from"], "plugin@example.com");
        assert_eq!(mail["to"], own["to"]);
        assert!(mail["message-id"].as_str().unwrap().ends_with("@example.com>"), "{mail}");
        for language in Language::FILES {
            let (its_names, its_mail) = sent_by(language, &own).await;
            assert_eq!(its_names, names, "{language:?}");
            assert_eq!(its_mail, mail, "{language:?}");
        }
    }
}

#[tokio::test]
async fn without_a_key_every_mail_is_another_one() {
    for language in Language::FILES {
        let mut program = language.probe().await;
        let own = json!({"act": "mail", "to": "ada@example.com", "subject": "s", "text": "t"});
        program.work(&job(&own)).await;
        program.work(&job(&own)).await;
        let names = names_in(&program.path("outbox"));
        assert_eq!(names.iter().filter(|name| name.ends_with(".eml")).count(), 2, "{names:?}");
    }
}

#[tokio::test]
async fn a_reader_that_is_no_address_is_told_and_gets_nothing() {
    for language in Language::ALL {
        let mut program = language.probe().await;
        for to in ["nobody", "a@b\r\nBcc: c@example.com", "a@b, c@example.com", "", "@", "<a@b>"] {
            let own = json!({"act": "mail", "to": to, "subject": "s", "text": "t", "key": "k"});
            let record = json!({"messageId": "m1", "body": job(&own).to_string()});
            let run = program.invoke(&json!({ "Records": [record] })).await;
            let failed = json!({"batchItemFailures": [{"itemIdentifier": "m1"}]});
            assert_eq!(run.outcome, Ok(failed), "{language:?} {to:?}");
            let reason = run.log[0]["reason"].as_str().unwrap();
            assert!(reason.contains("is no e-mail address"), "{language:?}: {reason}");
        }
        assert!(!program.path("outbox/k.eml").exists(), "{language:?}");
    }
}
