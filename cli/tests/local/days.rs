//! When jobs run.

use crate::support::{START, Server, consumed, project};
use scheduler::local::clock::SteppedClock;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

const HOUR: i64 = 3600;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_jobs_run_through_a_day() {
    let project = project();
    let clock = Arc::new(SteppedClock::new(START));
    let server = Server::start(project.path(), &clock).await;
    for _ in 0..1000 {
        server.create(3600).await;
    }
    server.settled().await;
    for _ in 0..24 {
        server.step(HOUR).await;
    }
    let wanted: Vec<i64> = (0..=24).map(|hour| hour * HOUR).collect();
    for job_id in [0, 1, 499, 999] {
        assert_eq!(server.due(job_id).await, wanted, "job {job_id}");
    }
    assert_eq!(server.local.store().check().await.unwrap(), Vec::<String>::new());
    server.local.stop().await;
}

/// A tenth of them have a consumer: a child process that gets each of their ticks, ten at a time.
#[tokio::test(flavor = "multi_thread")]
async fn a_child_process_gets_every_tick_of_a_day() {
    let handler = "import json, os\n\
                   def handle(event, context):\n    \
                   ticks = [json.loads(record['body'])['job_id'] for record in event['Records']]\n    \
                   with open(os.path.join(os.path.dirname(__file__), 'ticks'), 'a') as file:\n        \
                   file.write(''.join(f'{tick}\\n' for tick in ticks))\n";
    let project = consumed(handler, "concurrency = 2");
    let manifest = project.path().join("scheduler.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(manifest, text.replace("[env.dev]", "[job_types.quiet]\nschema = {}\n[env.dev]"))
        .unwrap();
    let server = Server::start(project.path(), &Arc::new(SteppedClock::new(START))).await;
    for nth in 0..1000 {
        server.create_of(if nth % 10 == 0 { "beat" } else { "quiet" }, 3600).await;
    }
    server.settled().await;
    for _ in 0..24 {
        server.step(HOUR).await;
    }
    let wanted: Vec<i64> = (0..=24).map(|hour| hour * HOUR).collect();
    for job_id in [0, 1, 500, 999] {
        assert_eq!(server.due(job_id).await, wanted, "job {job_id}");
    }
    let told = fs::read_to_string(project.path().join(".scheduler/build/local/beater/ticks"));
    let mut times = BTreeMap::new();
    for job in told.unwrap().lines() {
        *times.entry(job.parse::<u64>().unwrap()).or_insert(0) += 1;
    }
    let each: BTreeMap<u64, i32> = (0..1000).step_by(10).map(|job| (job, 25)).collect();
    assert_eq!(times, each, "{}", server.said());
    let runs = server.call("GET", "/job/990/runs", None).await;
    assert!(runs.as_array().unwrap().iter().all(|run| run["state"] == "succeeded"), "{runs}");
    server.local.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_runs_once_and_the_rhythm_stays() {
    let project = project();
    let clock = Arc::new(SteppedClock::new(START));
    let server = Server::start(project.path(), &clock).await;
    server.create(600).await;
    server.settled().await;
    server.step(600).await;
    server.local.stop().await;
    clock.advance(10 * HOUR + 1);
    let server = Server::start(project.path(), &clock).await;
    server.settled().await;
    // Due at 1200, run when the server was there again, and then in its own phase.
    assert_eq!(server.due(0).await, [0, 600, 1200]);
    server.step(600).await;
    assert_eq!(server.due(0).await, [0, 600, 1200, 37_200]);
    server.local.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_neither_fires_nor_shifts_and_a_new_interval_starts_anew() {
    let project = project();
    let clock = Arc::new(SteppedClock::new(START));
    let server = Server::start(project.path(), &clock).await;
    server.create(600).await;
    server.settled().await;
    server.step(250).await;
    let same = json!({"job_type": "beat", "sleep_time": 600});
    server.call("PUT", "/job/update/0", Some(same)).await;
    server.settled().await;
    assert_eq!(server.due(0).await, [0]);
    server.step(350).await;
    assert_eq!(server.due(0).await, [0, 600]);
    server.step(100).await;
    let faster = json!({"job_type": "beat", "sleep_time": 60});
    server.call("PUT", "/job/update/0", Some(faster)).await;
    server.settled().await;
    server.step(60).await;
    server.step(60).await;
    assert_eq!(server.due(0).await, [0, 600, 760, 820]);
    server.local.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_while_the_server_runs_silences_no_job() {
    let project = project();
    let clock = Arc::new(SteppedClock::new(START));
    let server = Server::start(project.path(), &clock).await;
    server.create(600).await;
    server.settled().await;
    server.step(100 * HOUR).await;
    // Nothing else happens: the firing loop itself has to notice.
    clock.advance(-99 * HOUR);
    server.due_within(600).await;
    server.step(600).await;
    assert_eq!(server.due(0).await.last(), Some(&(HOUR + 600)));
    server.local.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_job_waits_and_a_resume_fires_nothing() {
    let project = project();
    let clock = Arc::new(SteppedClock::new(START));
    let server = Server::start(project.path(), &clock).await;
    server.create(600).await;
    server.settled().await;
    server.call("POST", "/job/0/pause", None).await;
    server.settled().await;
    server.step(6 * HOUR + 300).await;
    assert_eq!(server.due(0).await, [0]);
    let resumed = server.call("POST", "/job/0/resume", None).await;
    assert_eq!(resumed["next_run"], START + 6 * HOUR + 600);
    server.settled().await;
    assert_eq!(server.due(0).await, [0]);
    server.step(300).await;
    assert_eq!(server.due(0).await, [0, 6 * HOUR + 600]);
    server.call("DELETE", "/job/delete/0", None).await;
    server.settled().await;
    server.step(HOUR).await;
    assert_eq!(server.local.store().counts().await.unwrap().schedules, 0);
    server.local.stop().await;
}
