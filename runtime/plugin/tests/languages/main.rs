//! The same events in every language: this crate, and the one-file helpers in Rust, Python and
//! JavaScript see the same ticks and give the same answers.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

#[path = "../../rust/scheduler_plugin.rs"]
#[expect(missing_docs, clippy::print_stderr, reason = "a file for other crates, with other rules")]
pub mod one_file;

use scheduler_plugin::{Batch, Tick};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Whatever a job has of its own.
#[derive(Debug, Clone, Deserialize)]
struct Own {
    #[serde(flatten)]
    fields: Map<String, Value>,
}

/// What a language made of the events.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Outcome {
    answer: Option<Value>,
    error: Option<String>,
    seen: Vec<Value>,
}

fn job(id: u64, own: &Value) -> String {
    let mut job = json!({"user_id": "uſer", "user_email": "ada@example.com", "job_id": id,
        "job_type": "ping", "sleep_time": 60, "rev": 3, "enabled": true});
    for (name, value) in own.as_object().unwrap() {
        job[name] = value.clone();
    }
    job.to_string()
}

fn queued(id: &str, body: &str) -> Value {
    json!({"messageId": id, "body": body, "eventSource": "aws:sqs",
        "attributes": {"ApproximateReceiveCount": "2"}})
}

fn notified(id: &str, message: &str) -> Value {
    json!({"EventSource": "aws:sns", "Sns": {"MessageId": id, "Message": message}})
}

fn wrapped(message: &str) -> String {
    let topic = "arn:aws:sns:eu-central-1:123456789012:t";
    json!({"Type": "Notification", "TopicArn": topic, "Message": message}).to_string()
}

fn events() -> Vec<Value> {
    let plain =
        job(7, &json!({"text": "Zoë 🚀 \u{2028} \"\\", "nested": {"list": [1, null, true]}}));
    let fails = job(8, &json!({"how": "fail"}));
    let large = job(9, &json!({"text": "x".repeat(200_000)}));
    let lookalike = job(10, &json!({"Type": "Notification", "Message": "mine"}));
    let all = [
        vec![queued("a", &plain), queued("b", &fails), queued("c", &large)],
        vec![queued("a", "junk"), queued("b", "[]"), queued("c", "{}"), queued("d", &plain)],
        vec![queued("a", &wrapped(&plain)), queued("b", &lookalike)],
        vec![notified("n", &plain)],
        vec![notified("n", &fails)],
        vec![notified(
            "n",
            &job(1, &json!({})).replace("\"sleep_time\":60", "\"sleep_time\":true"),
        )],
        vec![json!({"body": plain})],
        vec![json!({"messageId": "m"}), json!(5)],
        vec![],
    ];
    let whole = all.into_iter().map(|records| json!({ "Records": records }));
    whole.chain([json!({"detail": {}}), json!(null)]).collect()
}

fn seen(tick: &Tick<Own>) -> Value {
    let Tick { job, attempt, .. } = tick;
    json!({"user_id": job.user_id, "user_email": job.user_email, "job_id": job.job_id,
        "job_type": job.job_type, "sleep_time": job.sleep_time, "own": job.own.fields,
        "attempt": attempt, "idempotency_key": tick.idempotency_key()})
}

async fn by_the_crate(event: &Value) -> Outcome {
    let all = RefCell::new(Vec::new());
    let handler = |tick: Tick<Own>| {
        let all = &all;
        async move {
            if tick.job.own.fields.get("how").is_some_and(|how| how == "fail") {
                return Err("as told");
            }
            all.borrow_mut().push(seen(&tick));
            Ok(())
        }
    };
    let result = Batch { event, within: None }.handle(&handler).await;
    outcome(result.map_err(|error| error.to_string()), all.into_inner())
}

async fn by_the_file(event: &Value) -> Outcome {
    let all = RefCell::new(Vec::new());
    let handler = |tick: one_file::Tick<Own>| {
        let all = &all;
        async move {
            if tick.job.own.fields.get("how").is_some_and(|how| how == "fail") {
                return Err("as told");
            }
            let one_file::Job { user_id, user_email, job_id, job_type, sleep_time, own } =
                tick.job.clone();
            all.borrow_mut().push(json!({"user_id": user_id, "user_email": user_email,
                "job_id": job_id, "job_type": job_type, "sleep_time": sleep_time,
                "own": own.fields, "attempt": tick.attempt,
                "idempotency_key": tick.idempotency_key()}));
            Ok(())
        }
    };
    let result = one_file::batch(event, &handler).await;
    outcome(result.map_err(|error| error.to_string()), all.into_inner())
}

fn outcome(result: Result<Value, String>, seen: Vec<Value>) -> Outcome {
    match result {
        Ok(answer) => Outcome { answer: Some(answer), error: None, seen },
        Err(error) => Outcome { answer: None, error: Some(error), seen },
    }
}

/// What a driver is asked, and what it says.
struct Asked<'a> {
    events: Vec<Value>,
    read: BTreeMap<&'a str, &'a str>,
    write: BTreeMap<&'a str, &'a str>,
    state: &'a Path,
}

fn by_a_driver(program: &str, driver: &str, helper: &str, asked: &Asked<'_>) -> Value {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut child = Command::new(program)
        .arg(here.join("tests/languages").join(driver))
        .arg(here.join(helper))
        .env("STATE_URL", format!("file://{}", asked.state.display()))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let question = json!({"events": asked.events, "read": asked.read, "write": asked.write});
    let mut stdin = child.stdin.take().unwrap();
    let writing = std::thread::spawn(move || stdin.write_all(question.to_string().as_bytes()));
    let done = child.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{program}: {said}");
    // A line of the log is one JSON object in every language, with the same keys.
    for line in said.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let (level, event, tick) = (&line["level"], &line["event"], &line["tick"]);
        assert_eq!((level, event), (&json!("error"), &json!("tick failed")), "{line}");
        assert!(tick.is_string() && line["reason"].is_string(), "{line}");
    }
    serde_json::from_slice(&done.stdout).unwrap()
}

/// Every language has its own words for what is wrong; that there is something is the same.
fn without_words(mut outcome: Outcome) -> Outcome {
    outcome.error = outcome.error.map(|error| match error.split_once("; the last one: ") {
        Some((counted, _)) => counted.to_owned(),
        None => error,
    });
    outcome
}

const DRIVERS: [(&str, &str, &str); 2] =
    [("python3", "driver.py", "python"), ("node", "driver.mjs", "node")];

#[tokio::test]
async fn every_language_sees_the_same_ticks_and_gives_the_same_answers() {
    let folder = tempfile::tempdir().unwrap();
    let events = events();
    let mut wanted = Vec::new();
    for event in &events {
        let outcome = without_words(by_the_crate(event).await);
        assert_eq!(without_words(by_the_file(event).await), outcome, "{event}");
        wanted.push(outcome);
    }
    assert_eq!(wanted[0].answer, Some(json!({"batchItemFailures": [{"itemIdentifier": "b"}]})));
    assert_eq!(wanted[0].seen[0]["idempotency_key"], "uſer-7-a");
    assert!(wanted[4].error.is_some() && wanted[9].error.is_some());
    for (program, driver, helper) in DRIVERS {
        let nothing = BTreeMap::new();
        let (read, write) = (nothing.clone(), nothing);
        let asked = Asked { events: events.clone(), read, write, state: folder.path() };
        let said = by_a_driver(program, driver, helper, &asked);
        let outcomes: Vec<Outcome> = serde_json::from_value(said["outcomes"].clone()).unwrap();
        let outcomes: Vec<_> = outcomes.into_iter().map(without_words).collect();
        assert_eq!(outcomes, wanted, "{program}");
    }
}

#[test]
fn numbers_that_a_double_cannot_hold_reach_python_whole_and_javascript_as_text() {
    let folder = tempfile::tempdir().unwrap();
    let text = job(1, &json!({"n": 9_007_199_254_740_993_u64}));
    let event = json!({"Records": [queued("a", &text)]});
    for ((program, driver, helper), exact) in DRIVERS.into_iter().zip([true, false]) {
        let (events, nothing) = (vec![event.clone()], BTreeMap::new());
        let asked = Asked { events, read: nothing.clone(), write: nothing, state: folder.path() };
        let said = by_a_driver(program, driver, helper, &asked);
        let number = &said["outcomes"][0]["seen"][0]["own"]["n"];
        assert_eq!(*number == json!(9_007_199_254_740_993_u64), exact, "{program}: {number}");
    }
}

const KEYS: [(&str, &str); 4] =
    [("user/1 ü", "one"), ("../out", "two"), ("..", "three"), ("a~b*c%d\"e", "four")];

#[test]
fn what_one_language_keeps_the_others_find() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    std::fs::create_dir(&state).unwrap();
    let [(one, one_driver, one_helper), (other, other_driver, other_helper)] = DRIVERS;
    let keys = BTreeMap::from(KEYS);
    let ask = |program, driver, helper, read: &BTreeMap<_, _>, write: &BTreeMap<_, _>| {
        let (read, write) = (read.clone(), write.clone());
        let asked = Asked { events: Vec::new(), read, write, state: &state };
        by_a_driver(program, driver, helper, &asked)["found"].clone()
    };
    let none = BTreeMap::new();
    let before = ask(one, one_driver, one_helper, &keys, &keys);
    assert!(before.as_object().unwrap().values().all(Value::is_null), "{before}");
    assert_eq!(ask(other, other_driver, other_helper, &keys, &none), json!(keys));
    let beside: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(beside.len(), 1, "{beside:?}");
}

#[cfg(feature = "state")]
#[tokio::test]
async fn what_this_crate_keeps_python_and_javascript_find() {
    use scheduler_plugin::state::State;
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(&format!("file://{}", folder.path().display())).unwrap();
    for (key, value) in KEYS {
        state.create(key, value.as_bytes().to_vec()).await.unwrap();
    }
    for (program, driver, helper) in DRIVERS {
        let (read, write) = (BTreeMap::from(KEYS), BTreeMap::new());
        let asked = Asked { events: Vec::new(), read, write, state: folder.path() };
        let said = by_a_driver(program, driver, helper, &asked);
        assert_eq!(said["found"], json!(BTreeMap::from(KEYS)), "{program}");
    }
}
