//! What only the helpers for Python and Node have to cope with.

use crate::support::{Language, job};
use serde_json::{Value, json};
use std::time::Duration;

fn queued(own: &[Value]) -> Value {
    let records = own.iter().enumerate();
    let record = |(nth, own)| json!({"messageId": format!("m{nth}"), "body": job(own).to_string()});
    json!({"Records": records.map(record).collect::<Vec<_>>()})
}

fn failures(ids: &[&str]) -> Value {
    let ids: Vec<_> = ids.iter().map(|id| json!({ "itemIdentifier": id })).collect();
    json!({ "batchItemFailures": ids })
}

#[tokio::test]
async fn a_line_of_the_log_is_json_whatever_it_is_given() {
    for language in [Language::Python, Language::Node] {
        let mut program = language.probe().await;
        // The harness reads every line as JSON.
        let log = program.work(&job(&json!({"act": "odd"}))).await;
        assert_eq!(log.len(), 2, "{language:?}: {log:?}");
        assert_eq!((&log[0]["level"], &log[0]["event"]), (&json!("warn"), &json!("odd")));
        assert_eq!((&log[1]["level"], &log[1]["event"]), (&json!("info"), &json!("odd")));
        assert_eq!(log[1]["text"], "two\nlines", "{language:?}");
    }
}

#[tokio::test]
async fn an_async_handler_of_python_is_waited_for_and_stopped_in_time() {
    let variables = [("_HANDLER", "handler.later")];
    let mut program = Language::Python.start(&[], &variables).await;
    let event = queued(&[json!({"text": "one"}), json!({"text": "hang"})]);
    let run = program.invoke_within(&event, Duration::from_millis(2_000)).await;
    assert_eq!(run.outcome, Ok(failures(&["m1"])), "{:?}", run.log);
    let told: Vec<_> = run.log.iter().filter_map(|line| line["text"].as_str()).collect();
    assert_eq!(told, ["one", "hang"]);
}

/// Python works through a batch one after the other: what had no time left is not lost.
#[tokio::test]
async fn behind_a_handler_that_hangs_ticks_come_again_and_the_next_event_has_its_own_time() {
    let mut program = Language::Python.probe().await;
    let event = queued(&[json!({"act": "hang"}), json!({})]);
    let run = program.invoke_within(&event, Duration::from_millis(1_500)).await;
    assert_eq!(run.outcome, Ok(failures(&["m0", "m1"])));
    let log = program.work(&job(&json!({"text": "fine"}))).await;
    assert_eq!(log[0]["text"], "fine");
}

#[tokio::test]
async fn in_javascript_a_handler_that_hangs_holds_up_nobody() {
    let mut program = Language::Node.probe().await;
    let event = queued(&[json!({"act": "hang"}), json!({})]);
    let run = program.invoke_within(&event, Duration::from_millis(1_500)).await;
    assert_eq!(run.outcome, Ok(failures(&["m0"])));
}
