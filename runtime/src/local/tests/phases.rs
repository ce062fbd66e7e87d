//! When jobs fire, against a model that walks through time second by second.

use super::{NOW, fewer, job, store, subscribed, wanted};
use crate::controller::WantedSchedule;
use crate::local::Store;
use crate::ports::{Found, RunLog, Schedules};
use proptest::prelude::*;
use scheduler_contract::{JobKey, Rate};
use std::collections::BTreeMap;
use tempfile::TempDir;

/// So many jobs take part.
const JOBS: u64 = 3;

#[derive(Debug, Clone)]
enum Step {
    /// Makes the job so, or changes it.
    Put {
        job: u64,
        minutes: u32,
        enabled: bool,
    },
    Delete {
        job: u64,
    },
    Wait {
        seconds: i64,
    },
    Fire,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let put = (0..JOBS, 1..4u32, prop::bool::weighted(0.7));
    prop_oneof![
        4 => put.prop_map(|(job, minutes, enabled)| Step::Put { job, minutes, enabled }),
        1 => (0..JOBS).prop_map(|job| Step::Delete { job }),
        4 => prop_oneof![0..70i64, 0..1000i64].prop_map(|seconds| Step::Wait { seconds }),
        4 => Just(Step::Fire),
        1 => Just(Step::Restart),
    ]
}

/// A run that has not happened yet.
#[derive(Debug, Clone, Copy)]
enum Owed {
    /// Right after the job was made, whenever that is looked at.
    AtOnce,
    At(i64),
}

/// A job as its owner thinks of it.
#[derive(Debug, Clone)]
struct Beat {
    anchor: i64,
    minutes: u32,
    enabled: bool,
    /// The first of the moments that passed without a run.
    owed: Option<Owed>,
}

#[derive(Debug, Default)]
struct Model {
    now: i64,
    beats: BTreeMap<u64, Beat>,
    fired: BTreeMap<u64, Vec<i64>>,
}

impl Model {
    fn wait(&mut self, seconds: i64) {
        for _ in 0..seconds {
            self.now += 1;
            for beat in self.beats.values_mut().filter(|beat| beat.enabled) {
                if (self.now - beat.anchor) % (i64::from(beat.minutes) * 60) == 0 {
                    beat.owed = beat.owed.or(Some(Owed::At(self.now)));
                }
            }
        }
    }

    fn put(&mut self, job: u64, minutes: u32, enabled: bool) {
        let now = self.now;
        let made = Beat { anchor: now, minutes, enabled, owed: Some(Owed::AtOnce) };
        let Some(beat) = self.beats.get_mut(&job) else {
            self.beats.insert(job, made);
            return;
        };
        if beat.minutes != minutes {
            (beat.minutes, beat.anchor) = (minutes, now);
        }
        if !beat.enabled {
            // What a pause missed is not made good.
            beat.owed = None;
        }
        beat.enabled = enabled;
    }

    fn fire(&mut self) {
        for (job, beat) in self.beats.iter_mut().filter(|(_, beat)| beat.enabled) {
            let due = match beat.owed.take() {
                None => continue,
                Some(Owed::AtOnce) => self.now,
                Some(Owed::At(moment)) => moment,
            };
            self.fired.entry(*job).or_default().push(due);
        }
    }

    /// The schedule that the controller wants of it.
    fn wanted(&self, id: u64) -> WantedSchedule {
        let beat = &self.beats[&id];
        WantedSchedule {
            enabled: beat.enabled,
            rate: Rate::from_seconds(u64::from(beat.minutes) * 60).unwrap(),
            anchor: Some(beat.anchor),
            ..wanted(&job("u", id))
        }
    }
}

struct Trial {
    folder: TempDir,
    store: Store,
    model: Model,
}

impl Trial {
    async fn take(&mut self, step: &Step) {
        match *step {
            Step::Put { job, minutes, enabled } => {
                self.model.put(job, minutes, enabled);
                let (now, wanted) = (self.model.now, self.model.wanted(job));
                if self.store.update(&wanted, Some(wanted.start(now))).await.unwrap() == Found::No {
                    self.store.create(&wanted, None).await.unwrap();
                }
            }
            Step::Delete { job } => {
                let was_there = self.model.beats.remove(&job).is_some();
                let found = self.store.delete(&key(job).schedule_name()).await.unwrap();
                assert_eq!(found == Found::Yes, was_there);
            }
            Step::Wait { seconds } => self.model.wait(seconds),
            Step::Fire => {
                self.model.fire();
                while self.store.fire(self.model.now, 2).await.unwrap() == 2 {}
            }
            Step::Restart => {
                self.store.clone().close().await;
                self.store = Store::open(self.folder.path()).unwrap();
            }
        }
    }

    async fn agrees(&self) {
        for id in 0..JOBS {
            let runs = self.store.runs(&key(id), usize::MAX).await.unwrap().unwrap();
            let due: Vec<_> = runs.iter().rev().map(|run| run["due"].as_i64().unwrap()).collect();
            let wanted = self.model.fired.get(&id).cloned().unwrap_or_default();
            assert_eq!(due, wanted, "job {id} of {:?}", self.model);
        }
    }
}

fn key(job_id: u64) -> JobKey {
    JobKey { user_id: "u".into(), job_id }
}

async fn walk(steps: &[Step]) {
    let (folder, store) = store();
    let model = Model { now: NOW, ..Model::default() };
    let mut trial = Trial { folder, store, model };
    for step in steps {
        trial.take(step).await;
    }
    trial.take(&Step::Fire).await;
    trial.agrees().await;
    trial.store.close().await;
}

proptest! {
    #![proptest_config(fewer())]

    #[test]
    fn jobs_fire_when_a_walk_through_time_says(steps in prop::collection::vec(step(), 1..40)) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(walk(&steps));
    }
}

async fn dues(store: &Store) -> Vec<i64> {
    let runs = store.runs(&key(0), 100).await.unwrap().unwrap();
    runs.iter().rev().map(|run| run["due"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_clock_that_was_ahead_silences_no_job() {
    let (folder, store) = store();
    store.create(&wanted(&job("u", 0)), None).await.unwrap();
    store.fire(NOW + 864_000, 10).await.unwrap();
    assert_eq!(store.next_due().await.unwrap(), Some(NOW + 864_600));
    store.close().await;
    // Ten days later the same clock says the truth again.
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.fire(NOW + 1000, 10).await.unwrap(), 0);
    assert_eq!(store.next_due().await.unwrap(), Some(NOW + 1200));
    // The same where it is set back while the process runs.
    store.fire(NOW + 9000, 10).await.unwrap();
    assert_eq!(store.fire(NOW + 2000, 10).await.unwrap(), 0);
    assert_eq!(store.next_due().await.unwrap(), Some(NOW + 2400));
    assert_eq!(store.fire(NOW + 2400, 10).await.unwrap(), 1);
}

#[tokio::test]
async fn a_job_that_was_paused_while_the_clock_was_ahead_goes_on_within_its_interval() {
    let (folder, store) = store();
    let on = wanted(&job("u", 0));
    let off = WantedSchedule { enabled: false, ..on.clone() };
    store.create(&on, None).await.unwrap();
    let ahead = NOW + 864_000;
    store.fire(ahead, 10).await.unwrap();
    store.update(&off, Some(off.start(ahead))).await.unwrap();
    store.close().await;
    for fires_first in [true, false] {
        let store = subscribed(folder.path());
        let now = NOW + 1000;
        if fires_first {
            store.fire(now, 10).await.unwrap();
        }
        store.update(&on, Some(on.start(now))).await.unwrap();
        store.fire(now, 10).await.unwrap();
        assert_eq!(store.next_due().await.unwrap(), Some(NOW + 1200), "{fires_first}");
        // Ahead once more.
        store.fire(ahead, 10).await.unwrap();
        store.update(&off, Some(off.start(ahead))).await.unwrap();
        store.close().await;
    }
}

#[tokio::test]
async fn a_job_without_a_phase_counts_from_its_first_run() {
    let (_folder, store) = store();
    let wanted = WantedSchedule { anchor: None, ..wanted(&job("u", 0)) };
    store.create(&wanted, None).await.unwrap();
    store.fire(NOW + 7, 10).await.unwrap();
    // An edit that knows of no phase either leaves it.
    store.update(&wanted, Some(NOW + 700)).await.unwrap();
    store.fire(NOW + 607, 10).await.unwrap();
    assert_eq!(dues(&store).await, [NOW + 7, NOW + 607]);
}

#[tokio::test]
async fn a_schedule_that_was_lost_goes_on_in_its_jobs_phase() {
    let (_folder, store) = store();
    let wanted = wanted(&job("u", 0));
    store.create(&wanted, Some(wanted.start(NOW + 1234))).await.unwrap();
    assert_eq!(store.fire(NOW + 1234, 10).await.unwrap(), 0);
    store.fire(NOW + 1800, 10).await.unwrap();
    assert_eq!(dues(&store).await, [NOW + 1800]);
}

#[tokio::test]
async fn the_longest_overdue_fire_first() {
    let (_folder, store) = store();
    for (id, start) in [(0, NOW + 30), (1, NOW + 10), (2, NOW + 20)] {
        store.create(&wanted(&job("u", id)), Some(start)).await.unwrap();
    }
    assert_eq!(store.fire(NOW + 25, 1).await.unwrap(), 1);
    let fired = store.latest("u", &[0, 1, 2]).await.unwrap();
    assert_eq!(fired.into_keys().collect::<Vec<_>>(), [1]);
    assert_eq!(store.fire(NOW + 25, 5).await.unwrap(), 1);
    assert_eq!(store.next_due().await.unwrap(), Some(NOW + 30));
}
