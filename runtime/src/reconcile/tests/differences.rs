//! What counts as a difference, and what is done about it.

use super::super::*;
use super::models::*;
use crate::fakes::MemoryQueue;
use crate::ports::{Failure, Item, StandingSchedule};
use scheduler_contract::{Change, ChangeType, JobKey};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

fn with(mut item: Item, field: &str, value: Value) -> Item {
    item.insert(field.to_owned(), value);
    item
}

fn alter(world: &mut World, name: &str, change: impl FnOnce(&mut StandingSchedule)) {
    change(world.schedules.schedules.get_mut(name).unwrap());
}

fn only(report: &Report, kind: Kind) -> (String, String) {
    assert_eq!((report.total(), report.count(kind)), (1, 1), "{report:#?}");
    assert!(!report.is_in_step());
    let example = &report.differences[&kind].examples[0];
    (example.schedule.clone(), example.what.clone())
}

#[tokio::test]
async fn equal_sides_are_in_step() {
    let world = world((0..20).map(|id| item("u", id)).collect());
    let report = survey(&world, &all()).await;
    assert!(report.is_in_step(), "{report:#?}");
    assert_eq!((report.jobs, report.schedules, report.compared), (20, 20, 20));
    assert_eq!(report.calls, Calls { list: 4, get: 20, scan: 3, read: 0, send: 0 });
}

#[tokio::test]
async fn nothing_at_all_is_in_step() {
    assert!(survey(&world(Vec::new()), &all()).await.is_in_step());
}

#[tokio::test]
async fn a_job_without_a_schedule_is_missing_and_the_controller_is_told() {
    let mut world = world(vec![item("u", 0), item("a@b", 1)]);
    let name = JobKey { user_id: "a@b".to_owned(), job_id: 1 }.schedule_name();
    world.schedules.schedules.remove(&name);
    let queue = MemoryQueue::default();
    let report = repair(&world, &all(), &queue).await;
    assert_eq!(only(&report, Kind::Missing), (name.clone(), "it has no schedule".to_owned()));
    assert_eq!(report.repairs, 1);
    let change = &sent(&queue)[0];
    assert_eq!(change.scheduler_id, "a@b-1");
    assert_eq!(change.change.change_type(), ChangeType::Modify);
    assert_eq!(queue.sent.lock().unwrap()[0].group, name);
}

#[tokio::test]
async fn a_survey_tells_nobody() {
    let mut world = world(vec![item("u", 0)]);
    world.schedules.schedules.clear();
    let report = survey(&world, &all()).await;
    assert_eq!((report.total(), report.repairs, report.calls.send), (1, 0, 0));
}

#[tokio::test]
async fn a_schedule_without_a_job_is_orphaned_whatever_its_name() {
    let mut world = world(vec![item("u", 0), item("u", 1), item("a@b", 2), item("h.x", 3)]);
    let hashed = standing(&item("a@b", 2)).0;
    let template = world.schedules.schedules["u-0"].clone();
    // By hand: a name of no form, one that looks like a job's and can be none, and one that says
    // of itself to be another job's.
    for name in ["mine", "h.x-3", "h.00", "u-07"] {
        world.schedules.schedules.insert(name.to_owned(), template.clone());
    }
    world.jobs.items.retain(|item| item["job_id"] != json!(1) && item["job_id"] != json!(2));
    let queue = MemoryQueue::default();
    let report = repair(&world, &all(), &queue).await;
    assert_eq!(report.count(Kind::Orphaned), 6);
    assert_eq!(report.total(), 6, "{report:#?}");
    let mut told: Vec<_> = sent(&queue)
        .into_iter()
        .map(|change| (change.scheduler_id, change.change == Change::Remove))
        .collect();
    told.sort();
    let by_job = |id: &str| (id.to_owned(), false);
    let by_name = |name: &str| (name.to_owned(), true);
    let wanted = [
        by_job("a@b-2"),
        by_name("h.00"),
        by_name("h.x-3"),
        by_name("mine"),
        by_name("u-07"),
        by_job("u-1"),
    ];
    assert_eq!(told, wanted);
    assert!(names(&report, Kind::Orphaned).contains(&hashed));
}

/// Jobs are deleted all the time, also between the list and the judgement.
#[tokio::test]
async fn a_job_that_goes_during_the_pass_leaves_no_orphan() {
    let mut world = world(vec![item("u", 0), item("u", 1)]);
    world.jobs.items.pop();
    let (name, _) = standing(&item("u", 1));
    let report = survey(&world, &all()).await;
    assert_eq!(names(&report, Kind::Orphaned), [name.as_str()], "it stands there still");
    world.schedules.gone = [name].into();
    let report = survey(&world, &all()).await;
    assert!(report.is_in_step() && report.recent == 1, "{report:?}");
}

/// The job is gone, and the message that tells the controller is still in the queue.
#[tokio::test]
async fn a_deletion_that_is_on_its_way_is_waited_for_and_leaves_no_orphan() {
    let mut world = world((0..100).map(|id| item("u", id)).collect());
    let gone = world.jobs.items.split_off(50);
    world.schedules.going = gone.iter().map(|item| (standing(item).0, 8)).collect();
    let report = survey(&world, &all()).await;
    assert!(report.is_in_step() && report.recent == 50, "{report:?}");
    // Once, not once for each.
    assert_eq!(world.schedules.waited.swap(0, Ordering::Relaxed), 10);
    // Without grace nothing is waited for; where nothing is gone, neither.
    let report = survey(&world, &Pass { grace: 0, ..all() }).await;
    assert_eq!(report.count(Kind::Orphaned), 50);
    world.jobs.items.extend(gone);
    survey(&world, &all()).await;
    assert_eq!(world.schedules.waited.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_hashed_schedule_with_another_input_is_altered_and_no_orphan() {
    let mut world = world(vec![item("a@b", 2)]);
    let name = standing(&item("a@b", 2)).0;
    alter(&mut world, &name, |schedule| schedule.input = "{}".to_owned());
    let report = survey(&world, &all()).await;
    assert_eq!(only(&report, Kind::Altered), (name, "the input".to_owned()));
}

#[tokio::test]
async fn every_attribute_that_somebody_changed_is_named() {
    type Change = fn(&mut StandingSchedule);
    let cases: [(Change, Kind, &str); 13] = [
        (|s| s.topic_arn = "x".to_owned(), Kind::WrongTarget, "the topic"),
        (|s| s.role_arn = "x".to_owned(), Kind::WrongTarget, "the role"),
        (|s| s.dead_letter_arn = None, Kind::WrongTarget, "the dead-letter queue"),
        (|s| s.enabled = false, Kind::WrongState, "it is switched off"),
        (|s| s.description = "rev=2 h=0".to_owned(), Kind::Stale, "the revision"),
        (|s| s.description = String::new(), Kind::Stale, "the revision"),
        (|s| s.description = "rev=3 h=0".to_owned(), Kind::Altered, "the description"),
        (|s| s.expression = "rate(1 minute)".to_owned(), Kind::Altered, "the rate"),
        (|s| s.input.push(' '), Kind::Altered, "the input"),
        (|s| s.retry_seconds = None, Kind::Altered, "the retries"),
        (|s| s.foreign = vec!["the end date"], Kind::Altered, "the end date"),
        (|s| s.start = Some(NOW + 600 + 301), Kind::Altered, "the first run, too far ahead"),
        (
            |s| {
                s.input.clear();
                s.expression.clear();
            },
            Kind::Altered,
            "the rate, the input",
        ),
    ];
    for (change, kind, what) in cases {
        let mut world = world(vec![item("u", 0)]);
        alter(&mut world, "u-0", change);
        let queue = MemoryQueue::default();
        let report = repair(&world, &all(), &queue).await;
        let wanted =
            if kind == Kind::WrongTarget && what == "the topic" { "the topic" } else { what };
        assert_eq!(only(&report, kind), ("u-0".to_owned(), wanted.to_owned()));
        assert_eq!(sent(&queue)[0].scheduler_id, "u-0");
    }
}

#[tokio::test]
async fn the_next_run_is_no_difference() {
    let mut world = world(vec![item("u", 0)]);
    for start in [None, Some(0), Some(NOW), Some(NOW + 600)] {
        alter(&mut world, "u-0", |schedule| schedule.start = start);
        assert!(survey(&world, &all()).await.is_in_step());
    }
}

#[tokio::test]
async fn a_paused_job_must_not_fire() {
    let paused = with(item("u", 0), "enabled", json!(false));
    let mut world = world(vec![paused]);
    assert!(survey(&world, &all()).await.is_in_step());
    alter(&mut world, "u-0", |schedule| schedule.enabled = true);
    let report = survey(&world, &all()).await;
    assert_eq!(only(&report, Kind::WrongState).1, "it fires, though paused");
}

#[tokio::test]
async fn a_job_that_no_schedule_can_be_made_of_is_told_and_left_alone() {
    let poison = [
        (with(item("u", 0), "job_type", json!("gone")), "no plugin defines the job type `gone`"),
        (with(item("u", 0), "sleep_time", json!("1")), "the job's `sleep_time` is not an integer"),
        (with(item("u", 0), "text", json!("x".repeat(300_000))), "at most 262144 fit"),
        (with(item("u", 0), "job_id", json!(1.5)), "`u-1.5` is not of the form"),
    ];
    for (item, why) in poison {
        let mut world = world(Vec::new());
        world.jobs.items.push(item);
        let queue = MemoryQueue::default();
        let report = repair(&world, &all(), &queue).await;
        let what = only(&report, Kind::Unschedulable).1;
        assert!(what.contains(why), "{what}");
        assert!(queue.sent.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_schedule_of_such_a_job_is_no_orphan_and_does_not_stay() {
    let mut world = world(vec![item("u", 0)]);
    world.jobs.items[0].insert("job_type".to_owned(), json!("gone"));
    let queue = MemoryQueue::default();
    let report = repair(&world, &all(), &queue).await;
    let what = only(&report, Kind::Unschedulable).1;
    assert_eq!(what, "no plugin defines the job type `gone`; it has a schedule of old");
    assert_eq!(sent(&queue)[0].scheduler_id, "u-0");
    // The controller leaves alone what it cannot read, and so does a repair: nothing is sent.
    world.jobs.items[0].insert("job_type".to_owned(), json!("test"));
    world.jobs.items[0].insert("sleep_time".to_owned(), json!("1"));
    let queue = MemoryQueue::default();
    let report = repair(&world, &all(), &queue).await;
    assert!(only(&report, Kind::Unschedulable).1.contains("`sleep_time` is not an integer"));
    assert!(queue.sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_id_counter_is_no_job() {
    let mut world = world(vec![item("u", 0)]);
    let counter = json!({"user_id": "u", "job_id": -1, "next_job_id": 1});
    world.jobs.items.push(counter.as_object().unwrap().clone());
    assert!(survey(&world, &all()).await.is_in_step());
}

#[tokio::test]
async fn what_changed_just_now_is_left_alone() {
    let fresh = |id| with(item("u", id), "updated_at", json!(NOW - GRACE + 1));
    let mut world = world(vec![fresh(0), fresh(1), item("u", 2)]);
    world.schedules.schedules.remove("u-0");
    alter(&mut world, "u-1", |schedule| schedule.enabled = false);
    world.jobs.items.pop();
    alter(&mut world, "u-2", |schedule| schedule.modified = Some(NOW - GRACE + 1));
    let report = survey(&world, &all()).await;
    assert_eq!((report.total(), report.recent), (0, 3));
    let none = Pass { grace: 0, ..all() };
    let report = survey(&world, &none).await;
    assert_eq!((report.total(), report.recent), (3, 0));
}

#[tokio::test]
async fn a_job_that_changes_while_it_is_looked_at_is_left_to_the_next_pass() {
    let mut world = world(vec![item("u", 0)]);
    alter(&mut world, "u-0", |schedule| {
        schedule.description = "rev=4 h=0".to_owned();
        schedule.modified = Some(NOW);
    });
    let report = survey(&world, &all()).await;
    assert_eq!((report.total(), report.recent), (0, 1));
    // Long ago a revision that the job has not reached cannot have been written.
    alter(&mut world, "u-0", |schedule| schedule.modified = Some(OLD));
    only(&survey(&world, &all()).await, Kind::Stale);
}

#[tokio::test]
async fn an_item_of_the_original_is_compared_like_any_other() {
    let mut original = item("u", 0);
    for addition in ["enabled", "rev", "anchor", "updated_at"] {
        original.remove(addition);
    }
    let mut world = world(vec![original]);
    assert!(survey(&world, &all()).await.is_in_step());
    world.schedules.schedules.clear();
    only(&survey(&world, &all()).await, Kind::Missing);
}

#[tokio::test]
async fn a_list_that_is_cut_short_makes_nothing_missing() {
    let mut world = world((0..20).map(|id| item("u", id)).collect());
    world.schedules.cut = Some(3);
    let report = survey(&world, &all()).await;
    assert!(report.is_in_step(), "{report:#?}");
}

#[test]
fn metrics_are_one_line_with_every_number() {
    let mut report = Report::default();
    report.note(
        Kind::Stale,
        Difference { schedule: "u-0".to_owned(), job: None, what: String::new() },
    );
    let line = metrics(&report, Some(1), "service-dev", NOW);
    let told = &line["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(told["Dimensions"], json!([["Group"]]));
    assert_eq!(line["Group"], "service-dev");
    for metric in told["Metrics"].as_array().unwrap() {
        assert!(line[metric["Name"].as_str().unwrap()].is_u64(), "{metric}");
    }
    assert_eq!(
        (&line["Stale"], &line["Drift"], &line["Missing"]),
        (&json!(1), &json!(1), &json!(0))
    );
    assert_eq!(line["Passes"], json!(1));
    assert_eq!(line["_aws"]["Timestamp"], json!(NOW * 1000));
}

#[test]
fn a_pass_that_did_not_come_to_its_end_says_nothing_of_drift() {
    let why = Failure::new("list schedules", "the network is down");
    let end = End::Failed { at: Cursor::default(), why };
    let line = metrics(&Report { end, ..Report::default() }, None, "service-dev", NOW);
    assert_eq!((&line["Passes"], &line["Failures"]), (&json!(0), &json!(1)));
    assert_eq!(line.get("Drift"), None);
    assert!(!line["_aws"].to_string().contains("Drift"), "{line}");
}
