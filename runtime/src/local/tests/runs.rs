//! Ticks on their way to consumers, and what is remembered of them.

use super::{fewer, job, store, subscribed, wanted};
use crate::fakes::{MemoryDeadLetters, MemoryTopic};
use crate::local::Revived;
use crate::local::{Delivery, Outcome, Settled, Store, Subscriptions};
use crate::ports::{DeadLetter, DeadLetters, Distribution, Item, RunLog, Schedules};
use proptest::prelude::*;
use scheduler_contract::{JobKey, ScheduledJob};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

fn settled(run: i64, outcome: Outcome) -> Settled {
    let error = (outcome != Outcome::Succeeded).then(|| "it broke".to_owned());
    Settled { run, outcome, started_ms: 1000, ended_ms: 1001, error, output: String::new() }
}

fn ids(taken: &[Delivery]) -> Vec<i64> {
    taken.iter().map(|delivery| delivery.run).collect()
}

async fn runs(store: &Store, job_id: u64) -> Vec<Item> {
    let key = JobKey { user_id: "u".into(), job_id };
    store.runs(&key, 1000).await.unwrap().unwrap()
}

/// The rules of the port, whoever keeps the runs.
async fn remembers_nothing_of_strangers(log: impl RunLog) {
    let key = JobKey { user_id: "nobody".into(), job_id: 7 };
    assert_eq!(log.runs(&key, 10).await.unwrap(), Some(Vec::new()));
    assert_eq!(log.latest("nobody", &[7, 8]).await.unwrap(), BTreeMap::new());
}

async fn takes_ticks_and_letters(topic: impl Distribution, dead_letters: impl DeadLetters) {
    topic.publish(&job("u", 0), super::NOW).await.unwrap();
    topic.publish(&job("u", 0), super::NOW).await.unwrap();
    for (message_id, reason) in [("10", "later"), ("9", "sooner")] {
        let text = |text: &str| text.to_owned();
        let letter = DeadLetter {
            reason: text(reason),
            body: text("{"),
            group: text("u-0"),
            message_id: text(message_id),
        };
        dead_letters.bury(&letter).await.unwrap();
    }
}

#[tokio::test]
async fn the_file_and_the_models_serve_runs_and_dead_letters_alike() {
    let (_folder, store) = store();
    let topic = MemoryTopic::default();
    remembers_nothing_of_strangers(store.clone()).await;
    remembers_nothing_of_strangers(&topic).await;
    let letters = MemoryDeadLetters::default();
    takes_ticks_and_letters(store.clone(), store.clone()).await;
    takes_ticks_and_letters(&topic, letters).await;
    assert_eq!(runs(&store, 0).await.len(), topic.published.lock().unwrap().len());
    let reasons: Vec<_> =
        store.dead_letters(10).await.unwrap().into_iter().map(|letter| letter.reason).collect();
    assert_eq!(reasons, ["sooner", "later"]);
}

#[tokio::test]
async fn each_consumer_gets_the_tick_as_it_was_and_new_ones_from_the_next_on() {
    let (_folder, store) = store();
    let schedule = wanted(&job("u", 0));
    store.create(&schedule, None).await.unwrap();
    store.fire(super::NOW, 10).await.unwrap();
    let mut subscriptions = Subscriptions::default();
    for consumer in ["one", "two", "two"] {
        subscriptions.add("test", consumer);
    }
    store.subscribe(subscriptions);
    assert_eq!(store.take("two", 10, 1).await.unwrap(), []);
    store.fire(super::NOW + 600, 10).await.unwrap();
    let (one, two) =
        (store.take("one", 10, 1).await.unwrap(), store.take("two", 10, 1).await.unwrap());
    assert_eq!((one.len(), two.len()), (2, 1));
    assert!(one.iter().chain(&two).all(|delivery| delivery.body == schedule.input));
    let messages: BTreeSet<_> = one.iter().chain(&two).map(|one| &one.message_id).collect();
    assert_eq!(messages.len(), 3);
    let consumers: Vec<_> =
        runs(&store, 0).await.iter().map(|run| run["consumer"].clone()).collect();
    assert_eq!(consumers, ["two", "one", "one"]);
}

#[tokio::test]
async fn a_late_result_changes_nothing() {
    let (_folder, store) = store();
    store.publish(&job("u", 0), super::NOW).await.unwrap();
    let run = store.take("one", 1, 1).await.unwrap()[0].run;
    store.release(&[run]).await.unwrap();
    // It was handed back: whoever takes it next tells how it ended.
    store.settle(vec![settled(run, Outcome::Dead)]).await.unwrap();
    assert_eq!(ids(&store.take("one", 1, 1).await.unwrap()), [run]);
    store.settle(vec![settled(run, Outcome::Succeeded)]).await.unwrap();
    let again = Outcome::Retry { visible_at_ms: 0 };
    store.settle(vec![settled(run, again), settled(999, Outcome::Dead)]).await.unwrap();
    store.release(&[run]).await.unwrap();
    assert_eq!(store.take("one", 1, i64::MAX).await.unwrap(), []);
    let runs = runs(&store, 0).await;
    assert_eq!((&runs[0]["state"], &runs[0]["attempt"]), (&Value::from("succeeded"), &1.into()));
}

#[tokio::test]
async fn a_run_tells_what_became_of_it() {
    let (_folder, store) = store();
    store.publish(&job("u", 0), super::NOW).await.unwrap();
    let fields = |run: &Item| run.keys().cloned().collect::<Vec<_>>();
    let waiting = runs(&store, 0).await.remove(0);
    assert_eq!(waiting["state"], "waiting");
    assert!(waiting["started_at"].is_null() && waiting["duration_ms"].is_null(), "{waiting:?}");
    let run = store.take("one", 1, 1).await.unwrap()[0].run;
    // Taken, but no consumer has it yet.
    let held = runs(&store, 0).await.remove(0);
    assert!(held["state"] == "waiting" && held["started_at"].is_null(), "{held:?}");
    store.begin(&[run], 1_700_000_000_000);
    let under_way = runs(&store, 0).await.remove(0);
    assert!(under_way["state"] == "running" && under_way["duration_ms"].is_null(), "{under_way:?}");
    assert_eq!(under_way["started_at"].as_f64(), Some(1_700_000_000.0));
    let result = Settled {
        started_ms: 1_700_000_000_250,
        ended_ms: 1_700_000_001_000,
        output: "a\nb".into(),
        ..settled(run, Outcome::Succeeded)
    };
    store.settle(vec![result]).await.unwrap();
    let ended = runs(&store, 0).await.remove(0);
    assert_eq!(fields(&ended), fields(&waiting));
    assert_eq!(ended["started_at"].as_f64(), Some(1_700_000_000.25));
    assert_eq!(ended["ended_at"].as_f64(), Some(1_700_000_001.0));
    assert_eq!((&ended["duration_ms"], &ended["output"]), (&750.into(), &"a\nb".into()));
    assert!(ended["error"].is_null(), "{ended:?}");
    assert_eq!(store.latest("u", &[0]).await.unwrap()[&0], ended);
}

#[tokio::test]
async fn what_was_given_up_is_listed_for_its_owner_and_tried_again() {
    let (_folder, store) = store();
    for user in ["u", "v"] {
        store.publish(&job(user, 3), super::NOW).await.unwrap();
    }
    let taken = ids(&store.take("one", 2, 1).await.unwrap());
    store.settle(taken.iter().map(|run| settled(*run, Outcome::Dead)).collect()).await.unwrap();
    for (message_id, user) in [("10", "v"), ("9", "u")] {
        let scheduler_id = job(user, 3).key().to_string();
        let body = serde_json::json!({"scheduler_id": scheduler_id, "change_type": "remove"});
        let letter = DeadLetter {
            reason: "no plugin defines it".into(),
            body: body.to_string(),
            group: job(user, 3).key().schedule_name(),
            message_id: message_id.into(),
        };
        store.bury(&letter).await.unwrap();
    }
    let dead = store.dead("u", 10).await.unwrap();
    let told: Vec<_> = dead.iter().map(|one| (&one["id"], &one["kind"], &one["error"])).collect();
    let [tick, change] = ["tick", "change"].map(Value::from);
    assert_eq!(
        told,
        [
            (&taken[0].to_string().into(), &tick, &"it broke".into()),
            (&"change-9".into(), &change, &"no plugin defines it".into())
        ]
    );
    for id in [taken[1].to_string().as_str(), "change-10", "change-11", "77", "x", ""] {
        assert_eq!(store.revive("u", id).await.unwrap(), Revived::Unknown, "{id}");
    }
    assert_eq!(store.take("one", 2, i64::MAX).await.unwrap(), []);
    let tick = taken[0].to_string();
    assert_eq!(store.revive("u", &tick).await.unwrap(), Revived::Done);
    assert_eq!(store.revive("u", "change-9").await.unwrap(), Revived::Done);
    let again = store.take("one", 2, i64::MAX).await.unwrap();
    assert_eq!(again.iter().map(|one| (one.run, one.attempt)).collect::<Vec<_>>(), [(taken[0], 1)]);
    assert_eq!(store.changes(10).await.unwrap().len(), 1);
    assert_eq!(store.dead("u", 10).await.unwrap(), []);
    assert_eq!(store.dead("v", 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn only_what_is_over_is_pruned() {
    let (_folder, store) = store();
    let nobodys = ScheduledJob { job_type: "nobodys".into(), ..job("u", 9) };
    store.publish(&nobodys, super::NOW).await.unwrap();
    for id in 0..5 {
        store.publish(&job("u", id), super::NOW).await.unwrap();
    }
    let taken = ids(&store.take("one", 4, 1).await.unwrap());
    let retry = Outcome::Retry { visible_at_ms: 0 };
    let results = [Outcome::Succeeded, Outcome::Dead, retry];
    let results = taken.iter().zip(results).map(|(run, outcome)| settled(*run, outcome));
    store.settle(results.collect()).await.unwrap();
    // Of the six, the succeeded, the failed and the unconsumed one are over.
    assert_eq!(store.prune(i64::MAX).await.unwrap(), 3);
    let mut states = Vec::new();
    for id in [0, 1, 2, 3, 4, 9] {
        states.extend(runs(&store, id).await.into_iter().map(|run| run["state"].clone()));
    }
    assert_eq!(states, ["retrying", "waiting", "waiting"]);
    assert_eq!(store.counts().await.unwrap().waiting, 3);
}

#[derive(Debug, Clone)]
enum Step {
    Publish,
    Take { max: usize },
    Settle { nth: usize, outcome: Outcome },
    Release { nth: usize },
    Wait { ms: i64 },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let outcome = prop_oneof![
        Just(Outcome::Succeeded),
        Just(Outcome::Dead),
        (0..100i64).prop_map(|visible_at_ms| Outcome::Retry { visible_at_ms }),
    ];
    prop_oneof![
        4 => Just(Step::Publish),
        4 => (1..4usize).prop_map(|max| Step::Take { max }),
        4 => (0..4usize, outcome).prop_map(|(nth, outcome)| Step::Settle { nth, outcome }),
        1 => (0..4usize).prop_map(|nth| Step::Release { nth }),
        2 => (0..60i64).prop_map(|ms| Step::Wait { ms }),
        1 => Just(Step::Restart),
    ]
}

/// Ticks as a queue with a visibility time keeps them.
#[derive(Debug, Default)]
struct Queue {
    now: i64,
    /// Run -> when it is visible, and the attempts that were made.
    waiting: BTreeMap<i64, (i64, u32)>,
    taken: BTreeMap<i64, (i64, u32)>,
}

impl Queue {
    fn take(&mut self, max: usize) -> Vec<(i64, u32)> {
        let mut visible: Vec<_> = self.waiting.iter().map(|(run, (at, _))| (*at, *run)).collect();
        visible.retain(|(at, _)| *at <= self.now);
        visible.sort_unstable();
        let mut taken: Vec<i64> = visible.into_iter().take(max).map(|(_, run)| run).collect();
        taken.sort_unstable();
        let mut told = Vec::new();
        for run in taken {
            let entry = self.waiting.remove(&run).unwrap();
            told.push((run, entry.1 + 1));
            self.taken.insert(run, entry);
        }
        told
    }

    fn nth(&self, nth: usize) -> Option<i64> {
        self.taken.keys().nth(nth).copied()
    }
}

async fn walk(steps: Vec<Step>) {
    let (folder, mut store) = store();
    let mut queue = Queue { now: 1, ..Queue::default() };
    for (published, step) in steps.into_iter().enumerate() {
        match step {
            Step::Publish => {
                let id = u64::try_from(published).unwrap();
                store.publish(&job("u", id), super::NOW).await.unwrap();
                let run = runs(&store, id).await[0]["run_id"].as_i64().unwrap();
                queue.waiting.insert(run, (0, 0));
            }
            Step::Take { max } => {
                let taken = store.take("one", max, queue.now).await.unwrap();
                let taken: Vec<_> = taken.iter().map(|one| (one.run, one.attempt)).collect();
                assert_eq!(taken, queue.take(max));
            }
            Step::Settle { nth, outcome } => {
                let Some(run) = queue.nth(nth) else { continue };
                let (_, attempts) = queue.taken.remove(&run).unwrap();
                let outcome = match outcome {
                    Outcome::Retry { visible_at_ms } => {
                        let at = queue.now + visible_at_ms;
                        queue.waiting.insert(run, (at, attempts + 1));
                        Outcome::Retry { visible_at_ms: at }
                    }
                    over => over,
                };
                store.settle(vec![settled(run, outcome)]).await.unwrap();
            }
            Step::Release { nth } => {
                let Some(run) = queue.nth(nth) else { continue };
                queue.waiting.extend(queue.taken.remove_entry(&run));
                store.release(&[run]).await.unwrap();
            }
            Step::Wait { ms } => queue.now += ms,
            Step::Restart => {
                queue.waiting.append(&mut queue.taken);
                store.close().await;
                store = subscribed(folder.path());
            }
        }
        let next = queue.waiting.values().map(|(at, _)| *at).min();
        assert_eq!(store.next_visible("one").await.unwrap(), next);
    }
    store.close().await;
}

proptest! {
    #![proptest_config(fewer())]

    #[test]
    fn ticks_are_taken_settled_and_given_back_as_from_a_queue(
        steps in prop::collection::vec(step(), 1..40),
    ) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(walk(steps));
    }
}
