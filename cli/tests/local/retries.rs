//! What becomes of ticks that fail: tried again, given up, and tried once more by hand.

use crate::support::{START, Server, consumed};
use scheduler::local::clock::SteppedClock;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Writes down the jobs of every event, a line each, and then does what `then` says; `jobs` are the
/// ids, and `record` the last record.
fn handler(then: &str) -> String {
    let then = then.replace('\n', "\n    ");
    format!(
        r#"
import json, os

def handle(event, context):
    jobs = []
    for record in event["Records"]:
        tick = record["body"] if "body" in record else record["Sns"]["Message"]
        jobs.append(json.loads(tick)["job_id"])
    with open(os.path.join(os.path.dirname(__file__), "events"), "a") as events:
        print(json.dumps(jobs), file=events)
    {then}
"#
    )
}

/// The jobs of each event so far.
fn events(project: &Path) -> Vec<Vec<u64>> {
    let text = fs::read_to_string(project.join(".scheduler/build/local/beater/events"));
    let text = text.unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The job's runs, newest first, as soon as the newest has ended so.
pub(crate) async fn ended(server: &Server, job_id: u64, state: &str) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let runs = server.call("GET", &format!("/job/{job_id}/runs"), None).await;
        if runs[0]["state"] == state {
            return runs.as_array().unwrap().clone();
        }
        assert!(Instant::now() < deadline, "{runs}\n{}", server.said());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn started(project: &Path) -> Server {
    Server::start(project, &Arc::new(SteppedClock::new(START))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_is_tried_again_until_it_succeeds_and_tells_of_every_attempt() {
    let fails_twice = "if int(record['attributes']['ApproximateReceiveCount']) < 3:\n    \
                       print('about to fail')\n    raise KeyError('no such thing')\n\
                       print('at last')";
    let project = consumed(&handler(fails_twice), "retries = 2");
    let server = started(project.path()).await;
    server.create(3600).await;
    let run = ended(&server, 0, "succeeded").await.remove(0);
    assert_eq!(events(project.path()), [[0], [0], [0]]);
    assert_eq!((&run["attempt"], &run["error"]), (&json!(3), &Value::Null));
    let output = run["output"].as_str().unwrap();
    let lines = |text: &str| output.lines().filter(|line| line.contains(text)).count();
    for (text, times) in [
        ("about to fail", 2),
        ("raise KeyError('no such thing')", 2),
        ("attempt 1 failed: the handler failed: KeyError", 1),
        ("attempt 2 failed", 1),
        ("at last", 1),
    ] {
        assert_eq!(lines(text), times, "{text} in\n{output}");
    }
    let said = server.said();
    for line in [
        "beater: run 1 of job 0 failed (attempt 1 of 3, again in 0 s): the handler failed: KeyError",
        "beater: run 1 of job 0 failed (attempt 2 of 3,",
        "beater |     raise KeyError('no such thing')",
    ] {
        assert!(said.contains(line), "{line} in\n{said}");
    }
    assert!(server.call("GET", "/dead_letters", None).await.as_array().unwrap().is_empty());
    server.local.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_batch_only_the_bad_tick_is_delivered_again() {
    let one_is_bad = "bad = [record['messageId'] for record, job in zip(event['Records'], jobs)\n    \
                      if job == 1]\n\
                      return {'batchItemFailures': [{'itemIdentifier': id} for id in bad]}";
    let project = consumed(&handler(one_is_bad), "retries = 1\nconcurrency = 2");
    let server = started(project.path()).await;
    for _ in 0..3 {
        server.create(3600).await;
    }
    for (job, state) in [(0, "succeeded"), (1, "failed"), (2, "succeeded")] {
        ended(&server, job, state).await;
    }
    let before = events(project.path()).len();
    server.step(3600).await;
    for (job, attempts) in [(0, 1), (1, 2), (2, 1)] {
        let state = if job == 1 { "failed" } else { "succeeded" };
        let runs = ended(&server, job, state).await;
        assert_eq!(runs.len(), 2, "{runs:?}");
        assert_eq!(runs[0]["attempt"], attempts, "{runs:?}");
    }
    let mut after = events(project.path()).split_off(before);
    after[0].sort_unstable();
    assert_eq!(after, [vec![0, 1, 2], vec![1]]);
    let error = &ended(&server, 1, "failed").await[0]["error"];
    assert_eq!(error, "the consumer reported this tick as failed");
    server.local.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_consumer_gets_a_failing_tick_three_times() {
    let project = consumed(&handler("raise ValueError('never')"), "buffer = \"none\"");
    let server = started(project.path()).await;
    server.create(3600).await;
    let run = ended(&server, 0, "failed").await.remove(0);
    assert_eq!(events(project.path()), [[0], [0], [0]]);
    assert_eq!(run["attempt"], 3);
    server.local.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_none_fails_the_tick_until_it_is_a_dead_letter() {
    let project = consumed(&handler("return 'fine, thanks'"), "retries = 1");
    let server = started(project.path()).await;
    server.create(3600).await;
    let run = ended(&server, 0, "failed").await.remove(0);
    assert_eq!((events(project.path()).len(), &run["attempt"]), (2, &json!(2)));
    assert!(run["error"].as_str().unwrap().contains("\"fine, thanks\""), "{run}");
    let dead = server.call("GET", "/dead_letters", None).await;
    for (field, wanted) in [
        ("id", json!("1")),
        ("kind", json!("tick")),
        ("job_id", json!(0)),
        ("job_type", json!("beat")),
        ("consumer", json!("beater")),
        ("error", run["error"].clone()),
        ("output", run["output"].clone()),
    ] {
        assert_eq!(dead[0][field], wanted, "{dead}");
    }
    assert!(server.said().contains("(attempt 2 of 2, `scheduler jobs dead` keeps it)"));

    // The consumer is mended, and what was given up is tried once more.
    let mended = handler("return {'batchItemFailures': []}");
    fs::write(project.path().join(".scheduler/build/local/beater/beat.py"), mended).unwrap();
    server.local.stop().await;
    let server = started(project.path()).await;
    server.call("POST", "/dead_letters/1/retry", None).await;
    let run = ended(&server, 0, "succeeded").await.remove(0);
    assert_eq!((&run["run_id"], &run["attempt"]), (&json!(1), &json!(1)));
    assert_eq!(server.call("GET", "/dead_letters", None).await, json!([]));
    server.local.stop().await;
}
