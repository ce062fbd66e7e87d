//! Events as Lambda brings them, good and bad: what gets through, what is told, what is answered.

use crate::support::{Fixture, Language, Run, fixtures, job};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn this_crate_does_as_the_fixtures_say() {
    hold(Language::Crate).await;
}

#[tokio::test]
async fn the_file_for_rust_does_as_the_fixtures_say() {
    hold(Language::File).await;
}

#[tokio::test]
async fn the_file_for_python_does_as_the_fixtures_say() {
    hold(Language::Python).await;
}

#[tokio::test]
async fn the_file_for_node_does_as_the_fixtures_say() {
    hold(Language::Node).await;
}

/// One message, delivered again and in every envelope: its key says user, job and message, and is
/// the same in all languages; another message of the same job has another one.
#[tokio::test]
async fn one_tick_has_one_key_in_every_language_however_often_it_comes() {
    let tick = job(&json!({"text": "once"})).to_string();
    let wrapped = json!({"Type": "Notification", "TopicArn": "arn:x", "Message": tick}).to_string();
    let queued = |id: &str, count: u32, body: &str| {
        let attributes = json!({"ApproximateReceiveCount": count.to_string()});
        json!({"Records": [{"messageId": id, "body": body, "attributes": attributes}]})
    };
    let direct = json!({"Records": [{"Sns": {"MessageId": "m1", "Message": tick}}]});
    for language in Language::ALL {
        let mut program = language.probe().await;
        let mut keys = Vec::new();
        for event in [
            queued("m1", 1, &tick),
            queued("m1", 2, &tick),
            queued("m1", 3, &wrapped),
            direct.clone(),
            direct.clone(),
            queued("m2", 1, &tick),
        ] {
            let run = program.invoke(&event).await;
            keys.extend(lines(&run, "seen").iter().map(|line| line["once"].clone()));
        }
        let same = "u-7-m1";
        assert_eq!(keys, [same, same, same, same, same, "u-7-m2"], "{language:?}");
    }
}

/// One process works through all of them: no event spoils it for the next one.
async fn hold(language: Language) {
    let mut program = language.probe().await;
    let mut wrong = Vec::new();
    for fixture in fixtures() {
        let run = program.invoke_within(&fixture.event, fixture.within()).await;
        wrong.extend(
            faults(&fixture, &run).into_iter().map(|fault| format!("{}: {fault}", fixture.name)),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn faults(fixture: &Fixture, run: &Run) -> Vec<String> {
    [seen(fixture, run), failed(fixture, run), ended(fixture, run)].into_iter().flatten().collect()
}

fn lines<'a>(run: &'a Run, event: &str) -> Vec<&'a Value> {
    let mut lines: Vec<_> = run.log.iter().filter(|line| line["event"] == event).collect();
    lines.sort_by_key(|line| line["tick"].as_str());
    lines
}

/// Whole lines: a key more or less would be another log.
fn seen(fixture: &Fixture, run: &Run) -> Option<String> {
    let wanted: Vec<_> = fixture.seen.iter().collect();
    let lines = lines(run, "seen");
    (lines != wanted).then(|| format!("saw {}", short(&format!("{lines:?}"))))
}

fn failed(fixture: &Fixture, run: &Run) -> Option<String> {
    let lines = lines(run, "tick failed");
    let keys = BTreeSet::from(["event", "level", "reason", "tick"]);
    let as_told = |line: &&&Value| {
        let fields = line.as_object().unwrap();
        // Languages whose errors know where they come from tell it.
        let found: BTreeSet<_> =
            fields.keys().map(String::as_str).filter(|k| *k != "trace").collect();
        let reason = fixture.failed.get(line["tick"].as_str().unwrap());
        let reason = reason.is_some_and(|part| line["reason"].as_str().unwrap().contains(part));
        found == keys && line["level"] == "error" && reason
    };
    let right = lines.len() == fixture.failed.len() && lines.iter().all(|line| as_told(&line));
    (!right).then(|| format!("told {}", short(&format!("{lines:?}"))))
}

fn ended(fixture: &Fixture, run: &Run) -> Option<String> {
    let right = match (&fixture.answer, &run.outcome) {
        (Some(wanted), Ok(answer)) => answer == wanted && fixture.error.is_empty(),
        (None, Err(error)) => {
            let message = error["errorMessage"].as_str().unwrap_or_default();
            !fixture.error.is_empty() && fixture.error.iter().all(|part| message.contains(part))
        }
        _ => false,
    };
    (!right).then(|| format!("ended with {:?}", run.outcome))
}

fn short(text: &str) -> String {
    text.chars().take(2_000).collect()
}
