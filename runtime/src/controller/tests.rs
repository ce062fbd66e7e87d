//! The controller over working models of its ports; the original's defects are named cases.

use super::*;
use crate::fakes::{MemoryDeadLetters, MemoryJobs, MemorySchedules, Standing};
use crate::job_types::JobTypes;
use crate::ports::Item;
use scheduler_contract::{JobKey, schedule_name};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

const NOW: i64 = 1_700_000_030;

type Rig = Controller<MemoryJobs, MemorySchedules, MemoryDeadLetters>;

fn rig() -> Rig {
    Controller {
        jobs: MemoryJobs::default(),
        schedules: MemorySchedules::default(),
        dead_letters: MemoryDeadLetters::default(),
        deployment: Deployment {
            types: JobTypes::parse(r#"{"test":{}}"#).unwrap(),
            target: Target {
                topic_arn: "topic".to_owned(),
                role_arn: "role".to_owned(),
                dead_letter_arn: "dead".to_owned(),
            },
        },
    }
}

fn key(user_id: &str, job_id: u64) -> JobKey {
    JobKey { user_id: user_id.to_owned(), job_id }
}

fn item(user_id: &str, job_id: u64, sleep_time: u64) -> Item {
    let item = json!({"user_id": user_id, "user_email": "u@example.com", "job_id": job_id,
        "job_type": "test", "sleep_time": sleep_time});
    item.as_object().unwrap().clone()
}

fn with(mut item: Item, field: &str, value: Value) -> Item {
    item.insert(field.to_owned(), value);
    item
}

fn change(kind: &str, id: &str) -> String {
    let job = if kind == "remove" { Value::Null } else { json!({}) };
    json!({"scheduler_id": id, "change_type": kind, "scheduled_job": job, "timestamp": 1})
        .to_string()
}

/// Messages as SQS numbers them, in the group that the stream function gives them.
fn batch(bodies: &[(&str, String)]) -> Vec<Message> {
    let records = bodies.iter().enumerate().map(|(index, (id, body))| {
        json!({"messageId": format!("m{index}"), "body": body,
            "attributes": {"MessageGroupId": schedule_name(id)}})
    });
    let event = json!({"Records": records.collect::<Vec<_>>()});
    parse(event.to_string().as_bytes()).unwrap()
}

fn changes(kinds: &[(&str, &str)]) -> Vec<Message> {
    let bodies: Vec<_> = kinds.iter().map(|(kind, id)| (*id, change(kind, id))).collect();
    batch(&bodies)
}

async fn done(rig: &Rig, kinds: &[(&str, &str)]) {
    let report = run(rig, changes(kinds), NOW).await;
    assert_eq!(report, Report::default());
}

/// As [`done`], when all clocks say `now`.
async fn done_at(rig: &Rig, kinds: &[(&str, &str)], now: i64) {
    rig.schedules.clock.store(now, Ordering::Relaxed);
    let report = run(rig, changes(kinds), now).await;
    assert_eq!(report, Report::default());
}

fn decided(rig: &Rig, item: Item) -> WantedSchedule {
    let decided = decide(&key("u", 0), Some(item), &rig.deployment).unwrap();
    let ScheduleAction::Put(wanted) = decided else { panic!("{decided:?}") };
    *wanted
}

fn standing(rig: &Rig, name: &str) -> Standing {
    rig.schedules.get(name).unwrap()
}

fn reasons(rig: &Rig) -> Vec<String> {
    let letters = rig.dead_letters.letters.lock().unwrap();
    letters.iter().map(|letter| letter.reason.clone()).collect()
}

#[tokio::test]
async fn a_created_job_gets_its_schedule_which_fires_at_once() {
    let rig = rig();
    rig.jobs.place(with(item("u", 0, 61), "url", json!("https://example.com")));
    done(&rig, &[("create", "u-0")]).await;
    let Standing { wanted, start, .. } = standing(&rig, "u-0");
    assert_eq!(start, None);
    assert!(wanted.enabled);
    assert_eq!(wanted.expression, "rate(2 minutes)");
    assert_eq!(wanted.retry_seconds, 120);
    assert_eq!(wanted.target.topic_arn, "topic");
    assert_eq!(
        wanted.input,
        r#"{"user_id":"u","user_email":"u@example.com","job_id":0,"job_type":"test","sleep_time":61,"url":"https://example.com"}"#
    );
}

#[tokio::test]
async fn original_defect_a_redelivered_create_is_done_again() {
    let rig = rig();
    rig.jobs.place(item("u", 0, 60));
    done(&rig, &[("create", "u-0")]).await;
    done(&rig, &[("create", "u-0"), ("create", "u-0")]).await;
    assert_eq!(rig.schedules.names(), ["u-0"]);
}

#[tokio::test]
async fn original_defect_a_redelivered_remove_is_done_again() {
    let rig = rig();
    done(&rig, &[("remove", "u-0")]).await;
    done(&rig, &[("remove", "u-0")]).await;
    assert!(rig.schedules.names().is_empty());
}

#[tokio::test]
async fn original_defect_a_b_a_b_within_a_second_ends_at_b() {
    let rig = rig();
    for sleep_time in [60, 120, 60, 120] {
        rig.jobs.place(item("u", 0, sleep_time));
        done(&rig, &[("modify", "u-0")]).await;
    }
    assert_eq!(standing(&rig, "u-0").wanted.expression, "rate(2 minutes)");
    // The last event lost, or all of them late: the item still decides.
    rig.jobs.place(item("u", 0, 180));
    done(&rig, &[("modify", "u-0"), ("modify", "u-0"), ("modify", "u-0")]).await;
    assert_eq!(standing(&rig, "u-0").wanted.expression, "rate(3 minutes)");
}

#[tokio::test]
async fn original_defect_remove_create_remove_leaves_no_schedule() {
    let rig = rig();
    rig.jobs.place(item("u", 0, 60));
    done(&rig, &[("create", "u-0")]).await;
    rig.jobs.take(&key("u", 0));
    done(&rig, &[("remove", "u-0"), ("create", "u-0"), ("remove", "u-0")]).await;
    assert!(rig.schedules.names().is_empty());
    // In any order, for the events only say that something changed.
    done(&rig, &[("remove", "u-0"), ("remove", "u-0"), ("create", "u-0")]).await;
    assert!(rig.schedules.names().is_empty());
}

#[tokio::test]
async fn original_defect_one_bad_message_fails_only_the_rest_of_its_group() {
    let rig = rig();
    for id in 0..3 {
        rig.jobs.place(item("u", id, 60));
    }
    rig.schedules.broken.lock().unwrap().insert("u-1".to_owned());
    let kinds = [("create", "u-0"), ("create", "u-1"), ("create", "u-2"), ("modify", "u-1")];
    let report = run(&rig, changes(&kinds), NOW).await;
    assert_eq!(report.failed, ["m1", "m3"]);
    assert_eq!(rig.schedules.names(), ["u-0", "u-2"]);
    assert!(report.problems[0].contains("the network is down"), "{:?}", report.problems);
    // The whole batch again, as the original did: nothing is poison.
    rig.schedules.broken.lock().unwrap().clear();
    done(&rig, &kinds).await;
    assert_eq!(rig.schedules.names(), ["u-0", "u-1", "u-2"]);
}

#[tokio::test]
async fn original_defect_null_list_map_and_big_integers_reach_the_tick_unharmed() {
    let rig = rig();
    let own: Value = serde_json::from_str(
        r#"{"gone":null,"list":[1,[2]],"map":{"a":{}},"big":9007199254740993,"exact":1.50}"#,
    )
    .unwrap();
    let mut job = item("u", 0, 60);
    job.extend(own.as_object().unwrap().clone());
    rig.jobs.place(job);
    done(&rig, &[("create", "u-0")]).await;
    let input = standing(&rig, "u-0").wanted.input;
    for text in [
        r#""gone":null"#,
        r#""list":[1,[2]]"#,
        r#""map":{"a":{}}"#,
        r#""big":9007199254740993"#,
        r#""exact":1.50"#,
    ] {
        assert!(input.contains(text), "{input}");
    }
}

#[tokio::test]
async fn original_defect_a_name_over_64_characters_is_hashed() {
    let rig = rig();
    let user = format!("{}@example.com", "u".repeat(80));
    rig.jobs.place(item(&user, 7, 60));
    rig.jobs.place(item(&user, 8, 60));
    done(&rig, &[("create", &format!("{user}-7")), ("create", &format!("{user}-8"))]).await;
    let names = rig.schedules.names();
    assert_eq!(names.len(), 2);
    assert!(names.iter().all(|name| name.len() == 64 && name.starts_with("h.")));
}

#[tokio::test]
async fn original_defect_a_job_whose_type_is_no_longer_known_blocks_nobody() {
    let rig = rig();
    rig.jobs.place(with(item("u", 0, 60), "job_type", json!("old")));
    rig.jobs.place(item("u", 1, 60));
    let report = run(&rig, changes(&[("modify", "u-0"), ("create", "u-1")]), NOW).await;
    assert!(report.failed.is_empty());
    assert_eq!(reasons(&rig), ["no plugin defines the job type `old`"]);
    assert_eq!(rig.schedules.names(), ["u-1"]);
}

#[tokio::test]
async fn a_job_that_cannot_be_scheduled_any_more_does_not_go_on_firing() {
    let rig = rig();
    let cases = [
        ("job_type", json!("old"), "no plugin defines the job type `old`"),
        ("text", json!("x".repeat(262_144)), "at most 262144 fit into a schedule"),
        ("sleep_time", json!(0), "it must be from 1 to 31536000"),
    ];
    for (id, (field, value, why)) in cases.into_iter().enumerate() {
        let (id, name) = (id as u64, format!("u-{id}"));
        rig.jobs.place(item("u", id, 60));
        done(&rig, &[("create", &name)]).await;
        // Its owner pauses it, too.
        let paused = with(item("u", id, 60), "enabled", json!(false));
        rig.jobs.place(with(paused, field, value));
        let report = run(&rig, changes(&[("modify", &name)]), NOW).await;
        assert!(report.failed.is_empty());
        assert!(reasons(&rig)[id as usize].contains(why), "{:?}", reasons(&rig));
        assert!(rig.schedules.names().is_empty());
    }
    // What cannot be read says nothing of what its owner wants.
    rig.jobs.place(item("u", 3, 60));
    done(&rig, &[("create", "u-3")]).await;
    rig.jobs.place(with(item("u", 3, 60), "sleep_time", json!("60")));
    run(&rig, changes(&[("modify", "u-3")]), NOW).await;
    assert_eq!(rig.schedules.names(), ["u-3"]);
}

#[tokio::test]
async fn poison_is_put_aside_with_its_reason_as_it_came() {
    let rig = rig();
    let mut without_email = item("u", 0, 60);
    without_email.remove("user_email");
    rig.jobs.place(without_email);
    rig.jobs.place(item("u", 1, 0));
    rig.jobs.place(with(item("u", 2, 60), "text", json!("x".repeat(262_144))));
    rig.jobs.place(with(item("u", 3, 60), "sleep_time", json!("60")));
    let mut messages = changes(&[
        ("create", "u-0"),
        ("create", "u-1"),
        ("create", "u-2"),
        ("create", "u-3"),
        ("modify", "nobody"),
    ]);
    messages.extend(batch(&[("u-9", "not json".to_owned()), ("u-9", "{}".to_owned())]));
    let report = run(&rig, messages, NOW).await;
    assert!(report.failed.is_empty(), "{:?}", report.failed);
    assert_eq!(report.problems.len(), 7);
    let reasons = reasons(&rig);
    for reason in [
        "the job's `user_email` is missing",
        "the job's `sleep_time` is 0 seconds; it must be from 1 to 31536000",
        "bytes as JSON, at most 262144 fit into a schedule",
        "the job's `sleep_time` is not an integer of 0 or more",
        "the change event's `scheduler_id` is wrong",
        "the message is no change event: expected ident",
        "the message is no change event: missing field `scheduler_id`",
    ] {
        assert!(reasons.iter().any(|found| found.contains(reason)), "{reason}: {reasons:?}");
    }
    let letters = rig.dead_letters.letters.lock().unwrap();
    assert!(letters.iter().any(|letter| letter.body == "not json" && letter.group == "u-9"));
}

#[tokio::test]
async fn a_schedule_that_no_job_can_have_is_removed_by_its_name() {
    let rig = rig();
    let foreign = ["mine", "h.x-3", "h.00", "u-07"];
    for name in foreign {
        rig.schedules.place(name, &decided(&rig, item("u", 0, 60)));
    }
    rig.jobs.place(item("h.x", 3, 60));
    done(&rig, &[("create", "h.x-3")]).await;
    assert_eq!(rig.schedules.names().len(), 5);
    // The group is the name: such a message only the reconciler sends.
    let of = |name: &str| Message::new(name.to_owned(), name.to_owned(), change("remove", name));
    let report = run(&rig, foreign.map(of).to_vec(), NOW).await;
    assert_eq!(report, Report::default());
    assert_eq!(rig.schedules.names(), [key("h.x", 3).schedule_name()]);
}

#[tokio::test]
async fn a_jobs_own_schedule_is_never_removed_on_the_word_of_a_message() {
    let rig = rig();
    rig.jobs.place(item("u", 0, 60));
    done(&rig, &[("create", "u-0"), ("remove", "u-0")]).await;
    assert_eq!(rig.schedules.names(), ["u-0"]);
}

#[tokio::test]
async fn poison_that_cannot_be_put_aside_is_delivered_again() {
    let mut rig = rig();
    rig.dead_letters.is_down = true;
    let report = run(&rig, batch(&[("u-0", "not json".to_owned())]), NOW).await;
    assert_eq!(report.failed, ["m0"]);
}

#[tokio::test]
async fn a_paused_job_keeps_its_schedule_switched_off() {
    let rig = rig();
    rig.jobs.place(with(item("u", 0, 60), "enabled", json!(false)));
    done(&rig, &[("create", "u-0")]).await;
    assert!(!standing(&rig, "u-0").wanted.enabled);
    // A resume fires nothing, however soon.
    rig.jobs.place(with(item("u", 0, 60), "enabled", json!(true)));
    done(&rig, &[("modify", "u-0")]).await;
    let resumed = standing(&rig, "u-0");
    assert!(resumed.wanted.enabled && resumed.start > Some(NOW), "{resumed:?}");
}

#[tokio::test]
async fn a_job_that_was_paused_at_once_is_not_fired_by_its_resume() {
    let rig = rig();
    rig.schedules.clock.store(NOW, Ordering::Relaxed);
    rig.jobs.place(item("u", 0, 600));
    done(&rig, &[("create", "u-0")]).await;
    for enabled in [false, true] {
        rig.jobs.place(with(item("u", 0, 600), "enabled", json!(enabled)));
        done(&rig, &[("modify", "u-0")]).await;
        assert!(standing(&rig, "u-0").start > Some(NOW), "{enabled}");
    }
}

#[tokio::test]
async fn an_edit_neither_fires_a_job_nor_shifts_it() {
    let rig = rig();
    rig.jobs.place(with(item("u", 0, 600), "anchor", json!(1_700_000_000)));
    done(&rig, &[("create", "u-0")]).await;
    run(&rig, changes(&[("modify", "u-0")]), 1_700_000_060).await;
    assert_eq!(standing(&rig, "u-0").start, Some(1_700_000_600));
    let later = changes(&[("modify", "u-0")]);
    run(&rig, later, 1_700_000_000 + 10 * 600 + 1).await;
    assert_eq!(standing(&rig, "u-0").start, Some(1_700_000_000 + 11 * 600));
}

#[tokio::test]
async fn a_lost_schedule_goes_on_in_its_jobs_own_phase() {
    let rig = rig();
    rig.jobs.place(with(item("u", 0, 600), "anchor", json!(NOW - 1000)));
    run(&rig, changes(&[("modify", "u-0")]), NOW).await;
    assert_eq!(standing(&rig, "u-0").start, Some(NOW + 200));
}

#[tokio::test]
async fn a_new_job_runs_at_once_however_late_its_schedule_is_made() {
    for late in [1, 299, 300, 6_000, 345_600] {
        let rig = rig();
        rig.jobs.place(with(item("u", 0, 31_536_000), "anchor", json!(NOW - late)));
        done(&rig, &[("create", "u-0")]).await;
        assert_eq!(standing(&rig, "u-0").start, None, "{late} seconds late");
        // Delivered again, ten minutes later at the soonest: it has run.
        run(&rig, changes(&[("create", "u-0")]), NOW + 600).await;
        assert_eq!(standing(&rig, "u-0").start, Some(NOW - late + 31_536_000));
    }
}

#[tokio::test]
async fn no_change_takes_the_first_run_of_a_late_create_away_in_whatever_batch_it_comes() {
    let rig = rig();
    let changed = with(item("u", 0, 86_400), "anchor", json!(NOW - 6_000));
    let changed = with(changed, "updated_at", json!(NOW - 5_000));
    rig.jobs.place(with(changed, "rev", json!(3)));
    done_at(&rig, &[("create", "u-0"), ("modify", "u-0")], NOW).await;
    assert_eq!(standing(&rig, "u-0").start, None);
    // Each begins it anew, so that it may fire a minute after that.
    for soon in [0, 1, 59, 118] {
        done_at(&rig, &[("modify", "u-0")], NOW + soon).await;
        assert_eq!(standing(&rig, "u-0").start, None, "{soon} seconds later");
    }
    // What comes later finds a job that has run, and puts off nothing more.
    let next = Some(NOW - 6_000 + 86_400);
    for later in [208, 209] {
        done_at(&rig, &[("modify", "u-0")], NOW + later).await;
        assert_eq!(standing(&rig, "u-0").start, next);
    }
}

#[tokio::test]
async fn an_edit_right_after_a_repair_does_not_fire_a_job() {
    let rig = rig();
    rig.schedules.clock.store(NOW, Ordering::Relaxed);
    rig.jobs.place(with(item("u", 0, 86_400), "anchor", json!(NOW - 6_000)));
    let next = Some(NOW - 6_000 + 86_400);
    for _ in 0..2 {
        done(&rig, &[("modify", "u-0")]).await;
        assert_eq!(standing(&rig, "u-0").start, next);
    }
}

#[tokio::test]
async fn a_repair_that_comes_before_the_create_does_not_take_the_first_run_away() {
    for late in [0, 600, 80_000] {
        let rig = rig();
        rig.jobs.place(with(item("u", 0, 86_400), "anchor", json!(NOW - 2)));
        done_at(&rig, &[("modify", "u-0")], NOW).await;
        assert_eq!(standing(&rig, "u-0").start, Some(NOW - 2 + 86_400));
        done_at(&rig, &[("create", "u-0")], NOW + late).await;
        assert_eq!(standing(&rig, "u-0").start, None, "{late} seconds later");
        // Delivered again: it has run.
        done_at(&rig, &[("create", "u-0")], NOW + late + 600).await;
        assert!(standing(&rig, "u-0").start > Some(NOW + late + 600));
    }
    let batch = rig();
    batch.jobs.place(with(item("u", 0, 86_400), "anchor", json!(NOW - 2)));
    done_at(&batch, &[("modify", "u-0"), ("create", "u-0")], NOW).await;
    assert_eq!(standing(&batch, "u-0").start, None);
}

#[tokio::test]
async fn an_edit_fires_no_job_again_whose_schedule_was_made_anew_and_has_fired() {
    let rig = rig();
    rig.jobs.place(with(item("u", 0, 600), "anchor", json!(NOW - 570)));
    done_at(&rig, &[("modify", "u-0")], NOW).await;
    assert_eq!(standing(&rig, "u-0").start, Some(NOW + 30));
    done_at(&rig, &[("modify", "u-0")], NOW + 80).await;
    assert_eq!(standing(&rig, "u-0").start, Some(NOW + 630));
}

#[tokio::test]
async fn a_late_create_fires_no_job_that_a_repair_has_let_run() {
    let rig = rig();
    rig.jobs.place(with(item("u", 0, 600), "anchor", json!(NOW - 100)));
    done_at(&rig, &[("modify", "u-0")], NOW).await;
    done_at(&rig, &[("create", "u-0")], NOW + 500).await;
    assert_eq!(standing(&rig, "u-0").start, Some(NOW + 1_100));
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_does_not_take_the_first_run_away() {
    let rig = rig();
    let job = with(item("u", 0, 86_400), "anchor", json!(NOW - 6_000));
    rig.jobs.place(job.clone());
    rig.schedules.clock.store(NOW, Ordering::Relaxed);
    rig.schedules.twins.lock().unwrap().push(decided(&rig, job));
    done(&rig, &[("create", "u-0")]).await;
    assert_eq!(standing(&rig, "u-0").start, None);
}

#[tokio::test]
async fn schedules_that_are_made_again_do_not_all_fire_at_once() {
    let rig = rig();
    rig.jobs.place(with(item("u", 0, 600), "anchor", json!(NOW - 100)));
    // As the original wrote them.
    (1..50).for_each(|id| rig.jobs.place(item("u", id, 86_400)));
    let ids: Vec<_> = (0..50).map(|id| format!("u-{id}")).collect();
    let kinds: Vec<_> = ids.iter().map(|id| ("modify", id.as_str())).collect();
    done(&rig, &kinds).await;
    assert_eq!(standing(&rig, "u-0").start, Some(NOW + 500));
    let starts = ids.iter().map(|id| standing(&rig, id).start.unwrap());
    let starts: std::collections::BTreeSet<_> = starts.collect();
    assert!(starts.len() > 45 && starts.iter().all(|start| *start > NOW), "{starts:?}");
}

#[tokio::test]
async fn a_batch_ends_in_time_and_only_what_is_not_done_comes_again() {
    let rig = rig();
    (0..3).for_each(|id| rig.jobs.place(item("u", id, 60)));
    rig.schedules.hanging.lock().unwrap().insert("u-1".to_owned());
    let kinds = [("create", "u-0"), ("create", "u-1"), ("modify", "u-1"), ("create", "u-2")];
    let over = || async {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    };
    let report = run_until(&rig, changes(&kinds), (NOW, over)).await;
    assert_eq!(report.failed, ["m1", "m2"]);
    assert!(report.problems[0].ends_with("will be tried again: the time is up"), "{report:?}");
    assert_eq!(rig.schedules.names(), ["u-0", "u-2"]);
}

#[tokio::test]
async fn an_edit_within_the_first_minute_does_not_take_the_first_run_away() {
    let rig = rig();
    let job = |rev: u64, updated_at: i64| {
        let job = with(item("u", 0, 86_400), "anchor", json!(NOW));
        with(with(job, "rev", json!(rev)), "updated_at", json!(updated_at))
    };
    rig.jobs.place(job(1, NOW));
    done_at(&rig, &[("create", "u-0")], NOW).await;
    assert_eq!(standing(&rig, "u-0").start, None);
    rig.jobs.place(job(2, NOW + 20));
    done_at(&rig, &[("modify", "u-0")], NOW + 20).await;
    assert_eq!(standing(&rig, "u-0").start, None);
    // Nor does a changed interval, which counts from the change.
    rig.jobs.place(with(job(3, NOW + 30), "anchor", json!(NOW + 30)));
    done_at(&rig, &[("modify", "u-0")], NOW + 31).await;
    assert_eq!(standing(&rig, "u-0").start, None);
    done_at(&rig, &[("modify", "u-0")], NOW + 121).await;
    assert_eq!(standing(&rig, "u-0").start, Some(NOW + 30 + 86_400));
}

#[tokio::test]
async fn an_item_of_the_original_gets_a_phase_that_no_update_shifts() {
    let rig = rig();
    rig.jobs.place(item("u", 0, 600));
    done(&rig, &[("create", "u-0")]).await;
    done(&rig, &[("modify", "u-0")]).await;
    let first = standing(&rig, "u-0").start.unwrap();
    assert!(first > NOW && first <= NOW + 600, "{first}");
    for later in [NOW + 1, NOW + 599, NOW + 86_400] {
        run(&rig, changes(&[("modify", "u-0")]), later).await;
        let start = standing(&rig, "u-0").start.unwrap();
        assert!(start > later && start <= later + 600, "{start}");
        assert_eq!((start - first) % 600, 0);
    }
}

#[tokio::test]
async fn a_twin_that_was_quicker_is_overwritten() {
    let rig = rig();
    rig.jobs.place(item("u", 0, 120));
    done(&rig, &[("create", "u-0")]).await;
    let mut older = rig.schedules.standing.lock().unwrap().remove("u-0").unwrap().wanted;
    older.expression = "rate(1 minute)".to_owned();
    rig.schedules.twins.lock().unwrap().push(older);
    done(&rig, &[("modify", "u-0")]).await;
    assert_eq!(standing(&rig, "u-0").wanted.expression, "rate(2 minutes)");
}

#[tokio::test]
async fn a_missing_group_is_never_swallowed() {
    let mut rig = rig();
    rig.schedules.group_is_missing = true;
    rig.jobs.place(item("u", 0, 60));
    let report = run(&rig, changes(&[("create", "u-0")]), NOW).await;
    assert_eq!(report.failed, ["m0"]);
    assert!(report.problems[0].contains("the schedule group does not exist"));
}

#[tokio::test]
async fn the_description_names_revision_and_state() {
    let rig = rig();
    let description = |job: Item| decided(&rig, job).description();
    let first = description(with(item("u", 0, 60), "rev", json!(4)));
    assert!(first.starts_with("rev=4 h="), "{first}");
    assert_eq!(first.len(), "rev=4 h=".len() + 12);
    // The phase and the revision are no part of the state.
    let anchored = with(with(item("u", 0, 60), "rev", json!(4)), "anchor", json!(1));
    assert_eq!(description(anchored), first);
    let other = description(with(item("u", 0, 120), "rev", json!(4)));
    assert_ne!(other, first);
}

#[test]
fn a_retry_lasts_no_longer_than_the_interval() {
    let rig = rig();
    for (sleep_time, wanted) in [(1, 60), (600, 600), (86_400, 86_400), (200_000, 86_400)] {
        assert_eq!(decided(&rig, item("u", 0, sleep_time)).retry_seconds, wanted);
    }
}

#[test]
fn what_is_no_batch_is_an_error() {
    for event in ["", "[]", "{}", r#"{"Records":[{}]}"#, r#"{"Records":[{"messageId":"m"}]}"#] {
        assert!(parse(event.as_bytes()).is_err(), "{event}");
    }
}
