//! Passes in parts: whatever limits them, all parts together find what one pass finds.

use super::super::*;
use super::models::*;
use crate::fakes::MemoryQueue;
use crate::ports::{Bookmark, Failure};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Mutex;

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// The parts of a pass until it is done: all that was found, and how many parts there were.
fn parts(world: &World, limits: Limits, queue: &MemoryQueue) -> (BTreeMap<String, Kind>, usize) {
    let mut found = BTreeMap::new();
    let mut cursor = Cursor::default();
    for nth in 1..10_000 {
        let report = wait(repair(world, &pass(cursor.clone(), limits), queue));
        assert_eq!(report.unclear, 0);
        for (kind, differences) in report.differences {
            assert!(differences.count <= 10, "the example has too many differences");
            found.extend(differences.examples.into_iter().map(|one| (one.schedule, kind)));
        }
        cursor = match report.end {
            End::Done => return (found, nth),
            End::Limited(cursor) | End::Failed { at: cursor, .. } => cursor,
        };
        // As it would be kept.
        let text = serde_json::to_string(&cursor).unwrap();
        cursor = serde_json::from_str(&text).unwrap();
    }
    panic!("no end: {cursor:?}");
}

/// Some of each side are taken away, and some schedules switched off.
fn drifted(users: &[String], removed: &[usize]) -> World {
    let items = users.iter().enumerate().map(|(id, user)| item(user, id as u64)).collect();
    let mut world = world(items);
    for (nth, index) in removed.iter().enumerate() {
        let count = world.jobs.items.len();
        let name = standing(&world.jobs.items[index % count]).0;
        match nth % 3 {
            0 => drop(world.schedules.schedules.remove(&name)),
            1 if count > 1 => drop(world.jobs.items.swap_remove(index % count)),
            _ => {
                let schedule = world.schedules.schedules.get_mut(&name);
                schedule.into_iter().for_each(|schedule| schedule.enabled = false);
            }
        }
    }
    world
}

fn limits(calls: Option<u64>, schedules: usize) -> Limits {
    Limits { calls, schedules, ..Limits::NONE }
}

/// A case is some thousands of calls.
fn fewer() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases / 10, ..usual }
}

proptest! {
    #![proptest_config(fewer())]

    #[test]
    fn parts_make_a_whole(
        users in prop::collection::vec("[ab]{0,2}[-.]?[0-9]{0,2}u|[a-c]@x", 1..60),
        removed in prop::collection::vec(0usize..60, 0..9),
        calls in prop::option::of(1u64..40),
        schedules in 2usize..40,
        failing in prop::collection::btree_set(1u64..100, 0..8),
    ) {
        let mut world = drifted(&users, &removed);
        let whole = parts(&world, Limits::NONE, &MemoryQueue::default()).0;
        world.schedules.failing = failing;
        let queue = MemoryQueue::default();
        let (found, _) = parts(&world, limits(calls, schedules), &queue);
        prop_assert_eq!(&found, &whole);
        // Every difference was told to the controller.
        let told = queue.sent.lock().unwrap();
        for name in whole.keys() {
            prop_assert!(told.iter().any(|change| change.group == *name), "{}", name);
        }
    }
}

#[test]
fn a_group_larger_than_memory_is_taken_in_ranges_of_names() {
    let users: Vec<_> = (0..200).map(|n| format!("google_{n}")).collect();
    let world = drifted(&users, &[3, 50, 100]);
    let report = wait(survey(&world, &pass(Cursor::default(), limits(None, 20))));
    assert_eq!((report.jobs, report.total()), (199, 3));
    assert_eq!(report.schedules, 199);
    // A walk over the table for each range, and no range nearly empty.
    let walks = report.calls.scan / 199_u64.div_ceil(7);
    assert!((10..=25).contains(&walks), "{walks} walks");
}

#[test]
fn a_limit_of_calls_is_kept_within_a_part_of_the_table() {
    let users: Vec<_> = (0..500).map(|n| format!("u{n}")).collect();
    let mut world = drifted(&users, &[]);
    world.jobs.page = 1_000;
    let few = limits(Some(160), 1_000);
    let (queue, mut cursor, mut seen) = (MemoryQueue::default(), Cursor::default(), 0);
    let runs = (1..100).find(|_| {
        let report = wait(repair(&world, &pass(cursor.clone(), few), &queue));
        assert!(report.calls.total() < 160 + 2 * 16, "{:?}", report.calls);
        seen += report.jobs;
        match report.end {
            End::Limited(at) => cursor = at,
            end => assert!(matches!(end, End::Done), "{end:?}"),
        }
        cursor == Cursor::default() || seen == 500
    });
    // A hundred calls of each run are a list; no job is looked at twice.
    assert_eq!(seen, 500);
    assert!(runs.is_some_and(|runs| runs > 5), "{runs:?}");
}

#[test]
fn the_hourly_function_has_limits_besides_its_time() {
    let Limits { calls, repairs, .. } = Limits::HOURLY;
    // All of 100,000 schedules looked at and mended, and their table and lists read.
    let whole = 100_000 + 100_000 / 10 + 100_000 / 100 + 100_000 / 1_000;
    assert!(calls.is_some_and(|calls| (whole..=250 * 3_600 / 4).contains(&calls)));
    assert_eq!(repairs, Some(100_000));
}

#[test]
fn a_pass_that_has_no_time_begins_nothing() {
    let world = drifted(&["u".to_owned()], &[]);
    let late = Limits { until: Some(NOW), ..Limits::NONE };
    let report = wait(survey(&world, &pass(Cursor::default(), late)));
    assert_eq!(report.calls.total(), 0);
    assert!(matches!(report.end, End::Limited(cursor) if cursor == Cursor::default()));
}

#[test]
fn repairs_beyond_their_limit_are_counted_only() {
    let mut world = world((0..30).map(|id| item("u", id)).collect());
    world.schedules.schedules.clear();
    let queue = MemoryQueue::default();
    let few = Limits { repairs: Some(12), ..Limits::NONE };
    let report = wait(repair(&world, &pass(Cursor::default(), few), &queue));
    assert_eq!((report.count(Kind::Missing), report.repairs), (30, 12));
    assert_eq!(queue.sent.lock().unwrap().len(), 12);
    assert_eq!(report.differences[&Kind::Missing].examples.len(), 10);
}

#[test]
fn a_queue_that_is_down_ends_the_pass_where_it_is() {
    let mut world = world((0..30).map(|id| item("u", id)).collect());
    world.schedules.schedules.clear();
    let queue = MemoryQueue { is_down: true, ..MemoryQueue::default() };
    let report = wait(repair(&world, &all(), &queue));
    let End::Failed { at, why } = report.end else { panic!("{report:#?}") };
    assert!(why.sentence().contains("the network is down"));
    let again = MemoryQueue::default();
    let report = wait(repair(&world, &pass(at, Limits::NONE), &again));
    assert_eq!(report.repairs, 30);
}

#[test]
fn a_sample_looks_closely_at_what_was_written_since_and_at_some_others() {
    let mut world = world((0..200).map(|id| item("u", id)).collect());
    let since = NOW - 50_000;
    for id in [3, 5] {
        let schedule = world.schedules.schedules.get_mut(&format!("u-{id}")).unwrap();
        schedule.modified = Some(since + 1);
        schedule.input.clear();
    }
    let sample = |others| Pass { depth: Depth::Sample { since, others }, ..all() };
    let report = wait(survey(&world, &sample(0)));
    assert_eq!((report.compared, report.count(Kind::Altered)), (2, 2));
    let report = wait(survey(&world, &sample(50)));
    assert!((20..=100).contains(&report.compared), "{}", report.compared);
}

#[test]
fn a_job_written_after_its_schedule_is_looked_at_whatever_the_sample() {
    let mut world = world((0..20).map(|id| item("u", id)).collect());
    let changed = &mut world.jobs.items[4];
    changed.insert("rev".to_owned(), 4.into());
    changed.insert("updated_at".to_owned(), (OLD + 1).into());
    let sample = Pass { depth: Depth::Sample { since: NOW, others: 0 }, ..all() };
    let report = wait(survey(&world, &sample));
    assert_eq!((report.compared, report.count(Kind::Stale)), (1, 1));
}

#[test]
fn progress_is_kept_from_run_to_run_and_from_pass_to_pass() {
    let start = Progress::of(None);
    assert_eq!((start.since(), start.cursor()), (0, &Cursor::default()));
    let at: Cursor =
        serde_json::from_str(r#"{"from":"b","to":null,"step":{"jobs":{"next":"7"}}}"#).unwrap();
    let half = Progress::of(Some(&start.after(NOW, &End::Limited(at.clone())).text()));
    assert_eq!((half.since(), half.cursor()), (0, &at));
    let done = Progress::of(Some(&half.after(NOW + 100, &End::Done).text()));
    // What was written while the pass was under way is for the next one, and so is what it left
    // alone.
    assert_eq!((done.since(), done.cursor()), (NOW - GRACE, &Cursor::default()));
    assert_eq!(Progress::of(Some("nonsense")), start);
}

/// What is kept between runs.
#[derive(Default)]
struct Note(Mutex<Option<String>>);

impl Bookmark for Note {
    async fn load(&self) -> Result<Option<String>, Failure> {
        Ok(self.0.lock().unwrap().clone())
    }

    async fn save(&self, text: &str) -> Result<(), Failure> {
        *self.0.lock().unwrap() = Some(text.to_owned());
        Ok(())
    }
}

#[test]
fn drift_is_told_once_for_a_whole_pass_however_many_runs_it_takes() {
    let mut world = world((0..30).map(|id| item("u", id)).collect());
    world.schedules.schedules.retain(|name, _| name.ends_with('7'));
    let (queue, note) = (MemoryQueue::default(), Note::default());
    for pass in 0..2 {
        let mut runs = 0;
        let (drift, last) = loop {
            let few = limits(Some(10), 5);
            let Hourly { report, drift, .. } =
                wait(hourly(&world, &queue, (&note, few, &|| NOW + pass)));
            runs += 1;
            if let Some(drift) = drift {
                break (drift, report.drift());
            }
            assert!(!matches!(report.end, End::Done));
        };
        assert_eq!(drift, 27, "pass {pass}");
        assert!(runs > 1 && last < drift, "{runs} runs, {last} in the last one");
    }
}
