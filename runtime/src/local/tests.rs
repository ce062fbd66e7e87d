//! The store by itself: what is kept, what is refused, what comes back after a crash.

mod folder;
mod outbox;
mod phases;
mod runs;

use super::*;
use crate::controller::{Deployment, ScheduleAction, Target, WantedSchedule, decide};
use crate::fakes::{MemoryJobs, MemorySchedules};
use crate::job_types::JobTypes;
use crate::ports::{
    Created, DeadLetter, DeadLetters, Distribution, Found, JobStore, RunLog, Schedules, Written,
};
use proptest::prelude::ProptestConfig;
use rusqlite::Connection;
use scheduler_contract::{JobKey, ScheduledJob};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const NOW: i64 = 1_700_000_000;

fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = subscribed(folder.path());
    (folder, store)
}

fn subscribed(folder: &Path) -> Store {
    let store = Store::open(folder).unwrap();
    let mut subscriptions = Subscriptions::default();
    subscriptions.add("test", "one");
    store.subscribe(subscriptions);
    store
}

/// Each step of a case waits for the disk: a part of the usual number, whatever that is.
fn fewer() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases / 10, ..usual }
}

fn job(user_id: &str, job_id: u64) -> ScheduledJob {
    serde_json::from_value(json!({"user_id": user_id, "user_email": "u@example.com",
        "job_id": job_id, "job_type": "test", "sleep_time": 600, "enabled": true, "rev": 1,
        "anchor": NOW, "updated_at": NOW, "big": 9_007_199_254_740_993_u64, "none": null}))
    .unwrap()
}

fn wanted(job: &ScheduledJob) -> WantedSchedule {
    let target =
        Target { topic_arn: "t".into(), role_arn: "r".into(), dead_letter_arn: "d".into() };
    let types = JobTypes::parse(r#"{"test":{},"nobodys":{}}"#).unwrap();
    let deployment = Deployment { types, target };
    match decide(&job.key(), Some(job.to_map()), &deployment).unwrap() {
        ScheduleAction::Put(wanted) => *wanted,
        other => panic!("{other:?}"),
    }
}

/// The rules of the port, whoever keeps the jobs.
async fn keeps_jobs(store: &impl JobStore) {
    let (first, second) = (job("u", 0), job("u", 12));
    assert_eq!(store.read(&first.key()).await.unwrap(), None);
    for job in [&second, &first, &job("v", 3)] {
        assert_eq!(store.insert(job).await.unwrap(), Written::Done);
        assert_eq!(store.insert(job).await.unwrap(), Written::Refused);
    }
    assert_eq!(store.read(&first.key()).await.unwrap(), Some(first.to_map()));
    assert_eq!(store.list("u").await.unwrap(), [first.to_map(), second.to_map()]);
    assert_eq!(store.list("w").await.unwrap(), Vec::<crate::ports::Item>::new());
    assert_eq!(store.page("u", None, 1).await.unwrap(), [first.to_map()]);
    assert_eq!(store.page("u", Some(0), 5).await.unwrap(), [second.to_map()]);
    for behind in [12, u64::MAX] {
        assert_eq!(store.page("u", Some(behind), 5).await.unwrap().len(), 0, "{behind}");
    }
    assert_eq!(store.highest_id("u").await.unwrap(), Some(12));
    assert_eq!(store.highest_id("w").await.unwrap(), None);

    let next = ScheduledJob { rev: 2, enabled: false, ..first.clone() };
    assert_eq!(store.replace(&next, 7).await.unwrap(), Written::Refused);
    assert_eq!(store.replace(&next, 1).await.unwrap(), Written::Done);
    assert_eq!(store.replace(&next, 1).await.unwrap(), Written::Refused);
    assert_eq!(store.replace(&job("u", 99), 1).await.unwrap(), Written::Refused);
    assert_eq!(store.remove(&first.key()).await.unwrap(), Some(next.to_map()));
    assert_eq!(store.remove(&first.key()).await.unwrap(), None);

    assert_eq!(store.claim_id("u").await.unwrap(), None);
    assert_eq!(store.start_ids("u", 13).await.unwrap(), Written::Done);
    assert_eq!(store.start_ids("u", 0).await.unwrap(), Written::Refused);
    assert_eq!(store.claim_id("u").await.unwrap(), Some(13));
    assert_eq!(store.claim_id("u").await.unwrap(), Some(14));
    let beyond = JobKey { user_id: "u".into(), job_id: u64::MAX };
    assert_eq!(store.read(&beyond).await.unwrap(), None);
}

#[tokio::test]
async fn the_file_and_the_model_keep_jobs_alike() {
    let (_folder, store) = store();
    keeps_jobs(&store).await;
    keeps_jobs(&MemoryJobs::default()).await;
}

async fn keeps_schedules(schedules: &impl Schedules) {
    let wanted = wanted(&job("u", 0));
    assert_eq!(schedules.update(&wanted, Some(NOW + 600)).await.unwrap(), Found::No);
    assert_eq!(schedules.made(&wanted.name).await.unwrap(), None);
    assert_eq!(schedules.create(&wanted, None).await.unwrap(), Created::Done);
    assert!(schedules.made(&wanted.name).await.unwrap().is_some());
    assert_eq!(schedules.create(&wanted, None).await.unwrap(), Created::Exists);
    assert_eq!(schedules.update(&wanted, Some(NOW + 600)).await.unwrap(), Found::Yes);
    assert_eq!(schedules.delete(&wanted.name).await.unwrap(), Found::Yes);
    assert_eq!(schedules.delete(&wanted.name).await.unwrap(), Found::No);
}

#[tokio::test]
async fn the_file_and_the_model_keep_schedules_alike() {
    let (_folder, store) = store();
    keeps_schedules(&store).await;
    keeps_schedules(&MemorySchedules::default()).await;
}

#[tokio::test]
async fn every_write_of_a_job_leaves_its_event_and_a_refused_one_none() {
    let (_folder, store) = store();
    let first = job("u", 0);
    store.insert(&first).await.unwrap();
    store.insert(&first).await.unwrap();
    store.replace(&ScheduledJob { rev: 2, ..first.clone() }, 1).await.unwrap();
    store.replace(&first, 77).await.unwrap();
    store.remove(&first.key()).await.unwrap();
    store.remove(&first.key()).await.unwrap();
    let changes = store.changes(10).await.unwrap();
    let kinds: Vec<Value> = changes
        .iter()
        .map(|change| serde_json::from_str::<Value>(&change.message.body).unwrap())
        .map(|event| event["change_type"].clone())
        .collect();
    assert_eq!(kinds, ["create", "modify", "remove"]);
    assert!(changes.iter().all(|change| change.message.group() == "u-0"));
    store.forget_changes(&[changes[0].seq, changes[1].seq]).await.unwrap();
    assert_eq!(store.changes(10).await.unwrap(), changes[2..]);
}

#[tokio::test]
async fn what_is_due_fires_once_and_goes_on_in_its_phase() {
    let (_folder, store) = store();
    let wanted = wanted(&job("u", 0));
    store.create(&wanted, None).await.unwrap();
    assert_eq!(store.fire(NOW, 10).await.unwrap(), 1);
    assert_eq!(store.fire(NOW, 10).await.unwrap(), 0);
    assert_eq!(store.next_due().await.unwrap(), Some(NOW + 600));
    // Six intervals later: once, and then in phase.
    assert_eq!(store.fire(NOW + 3700, 10).await.unwrap(), 1);
    assert_eq!(store.next_due().await.unwrap(), Some(NOW + 4200));
    let runs = store.runs(&job("u", 0).key(), 10).await.unwrap().unwrap();
    let due: Vec<_> = runs.iter().map(|run| run["due"].as_i64().unwrap()).collect();
    assert_eq!(due, [NOW + 600, NOW]);
}

#[tokio::test]
async fn an_overdue_run_outlives_an_edit_and_a_paused_one_does_not() {
    let (_folder, store) = store();
    let wanted = wanted(&job("u", 0));
    store.create(&wanted, None).await.unwrap();
    store.update(&wanted, Some(NOW + 600)).await.unwrap();
    assert_eq!(store.fire(NOW, 10).await.unwrap(), 1);
    let paused = WantedSchedule { enabled: false, ..wanted.clone() };
    store.update(&paused, Some(NOW + 600)).await.unwrap();
    assert_eq!(store.fire(NOW + 6000, 10).await.unwrap(), 0);
    store.update(&wanted, Some(NOW + 6600)).await.unwrap();
    assert_eq!(store.fire(NOW + 6000, 10).await.unwrap(), 0);
    assert_eq!(store.fire(NOW + 6600, 10).await.unwrap(), 1);
}

#[tokio::test]
async fn a_tick_is_taken_once_and_comes_back_until_it_is_dead() {
    let (_folder, store) = store();
    store.publish(&job("u", 0), NOW).await.unwrap();
    let settled = |run, outcome| Settled {
        run,
        outcome,
        started_ms: 1000,
        ended_ms: 1250,
        error: Some("no".into()),
        output: "said".into(),
    };
    let taken = store.take("one", 10, 5000).await.unwrap();
    assert_eq!((taken.len(), taken[0].attempt), (1, 1));
    assert_eq!(store.take("one", 10, 5000).await.unwrap(), []);
    assert_eq!(store.take("another", 10, 5000).await.unwrap(), []);
    let run = taken[0].run;
    store.settle(vec![settled(run, Outcome::Retry { visible_at_ms: 6000 })]).await.unwrap();
    assert_eq!(store.take("one", 10, 5999).await.unwrap(), []);
    assert_eq!(store.next_visible("one").await.unwrap(), Some(6000));
    let again = store.take("one", 10, 6000).await.unwrap();
    assert_eq!((again[0].attempt, &again[0].message_id), (2, &taken[0].message_id));
    // Handed back at a stop: no attempt is counted.
    store.release(&[run]).await.unwrap();
    assert_eq!(store.take("one", 10, 6000).await.unwrap()[0].attempt, 2);
    store.settle(vec![settled(run, Outcome::Dead)]).await.unwrap();
    assert_eq!(store.take("one", 10, i64::MAX).await.unwrap(), []);
    let runs = store.runs(&job("u", 0).key(), 10).await.unwrap().unwrap();
    let told = json!([runs[0]["state"], runs[0]["error"], runs[0]["output"], runs[0]["attempt"]]);
    assert_eq!(told, json!(["failed", "no", "said\nsaid", 2]));
    assert_eq!(runs[0]["duration_ms"], 250);
    assert_eq!(store.prune(1250).await.unwrap(), 0);
    assert_eq!(store.prune(1251).await.unwrap(), 1);
}

#[tokio::test]
async fn what_was_under_way_when_the_process_ended_is_delivered_again() {
    let (folder, store) = store();
    store.publish(&job("u", 0), NOW).await.unwrap();
    let taken = store.take("one", 10, 5000).await.unwrap();
    store.close().await;
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.take("one", 10, 5000).await.unwrap(), taken);
}

#[tokio::test]
async fn a_type_that_nobody_consumes_says_so() {
    let (_folder, store) = store();
    let job = ScheduledJob { job_type: "nobodys".into(), ..job("u", 4) };
    store.publish(&job, NOW).await.unwrap();
    let latest = store.latest("u", &[4, 5]).await.unwrap();
    assert_eq!(latest[&4]["state"], "unconsumed");
    assert_eq!(latest.len(), 1);
}

#[tokio::test]
async fn what_can_never_be_applied_is_put_aside_once() {
    let (_folder, store) = store();
    let letter = DeadLetter {
        reason: "no".into(),
        body: "{".into(),
        group: "u-0".into(),
        message_id: "7".into(),
    };
    store.bury(&letter).await.unwrap();
    store.bury(&letter).await.unwrap();
    assert_eq!(store.dead_letters(10).await.unwrap(), [letter]);
}

#[tokio::test]
async fn the_check_names_what_does_not_fit() {
    let (_folder, store) = store();
    let (with, without, late) = (job("u", 0), job("u", 1), job("u", 2));
    for job in [&with, &without, &late] {
        store.insert(job).await.unwrap();
    }
    store.create(&wanted(&with), None).await.unwrap();
    store.create(&wanted(&job("u", 9)), None).await.unwrap();
    let slower = ScheduledJob { sleep_time: 1200, ..late };
    store.create(&wanted(&slower), None).await.unwrap();
    assert_eq!(
        store.check().await.unwrap(),
        [
            "3 changes wait to be applied",
            "job 1 of `u` has no schedule",
            "the schedule of job 2 of `u` is not up to date",
            "there is a schedule, but no job 9 of `u`",
        ]
    );
}

#[tokio::test]
async fn many_writers_at_once_are_all_answered() {
    let (_folder, store) = store();
    store.start_ids("u", 0).await.unwrap();
    let writers = (0..500).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let id = store.claim_id("u").await.unwrap().unwrap();
            store.insert(&job("u", id)).await.unwrap()
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        assert_eq!(writer.await.unwrap(), Written::Done);
    }
    let ids: Vec<_> =
        store.list("u").await.unwrap().iter().map(|job| job["job_id"].as_u64().unwrap()).collect();
    assert_eq!(ids, (0..500).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_is_survived() {
    let (_folder, store) = store();
    store.insert(&job("u", 0)).await.unwrap();
    let pages = |count: &str| {
        let sql = format!("PRAGMA max_page_count = {count}");
        store.write(("set a limit", super::db::Wakes::Nobody), move |db| {
            db.query_row(&sql, [], |row| row.get::<_, i64>(0))
        })
    };
    pages("1").await.unwrap();
    let mut refused = None;
    for id in 1..2000 {
        let mut large = job("u", id);
        large.fields.insert("text".into(), "x".repeat(2000).into());
        if let Err(failure) = store.insert(&large).await {
            refused = Some((id, failure.sentence()));
            break;
        }
    }
    let (id, sentence) = refused.unwrap();
    assert!(sentence.contains("the disk is full; free some space"), "{sentence}");
    let kept = store.list("u").await.unwrap().len();
    assert_eq!(kept, usize::try_from(id).unwrap());
    pages("1000000").await.unwrap();
    assert_eq!(store.insert(&job("u", id)).await.unwrap(), Written::Done);
    assert_eq!(store.list("u").await.unwrap().len(), kept + 1);
}

fn refused(folder: &Path) -> String {
    let error = Store::open(folder).unwrap_err();
    format!("{error}; {}", error.hint().unwrap_or_default())
}

#[tokio::test]
async fn a_folder_serves_one_process() {
    let (folder, store) = store();
    assert!(refused(folder.path()).contains("is in use by another process"));
    store.close().await;
    Store::open(folder.path()).unwrap().close().await;
}

#[tokio::test]
async fn a_file_that_is_not_ours_or_newer_or_damaged_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jobs.sqlite");
    fs::write(&file, "no database at all, but long enough for a header, is it not?".repeat(99))
        .unwrap();
    assert!(refused(folder.path()).contains("is damaged"));
    fs::remove_file(&file).unwrap();

    Connection::open(&file).unwrap().execute_batch("CREATE TABLE x (y)").unwrap();
    assert!(refused(folder.path()).contains("another program's database"));
    fs::remove_file(&file).unwrap();

    Store::open(folder.path()).unwrap().close().await;
    Connection::open(&file).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    assert!(refused(folder.path()).contains("newer version of scheduler (format 99"));
    Connection::open(&file).unwrap().execute_batch("PRAGMA user_version = 1").unwrap();

    let store = Store::open(folder.path()).unwrap();
    for id in 0..500 {
        store.insert(&job("u", id)).await.unwrap();
    }
    store.close().await;
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0x5a);
    fs::write(&file, &bytes).unwrap();
    assert!(refused(folder.path()).contains("is damaged"));
    assert_eq!(fs::read(&file).unwrap(), bytes);
}
