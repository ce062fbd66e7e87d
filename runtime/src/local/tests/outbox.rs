//! Jobs, their events and their schedules, through any order of writes, applications and ends of
//! the process.

use super::{NOW, fewer, job, store, subscribed};
use crate::controller::{self, Controller, Deployment, Message, Target};
use crate::job_types::JobTypes;
use crate::local::db::Wakes;
use crate::local::{PendingChange, Store};
use crate::ports::{Item, JobReader, JobStore, Written};
use futures_util::future::join_all;
use proptest::prelude::*;
use rusqlite::{Connection, Result as Sql};
use scheduler_contract::{JobKey, ScheduledJob};
use serde_json::Value;
use std::collections::BTreeMap;

const JOBS: u64 = 4;
/// Needs a hashed name of its schedule.
const USERS: [&str; 2] = ["u", "someone@example.com"];

#[derive(Debug, Clone, Copy)]
enum Verb {
    Insert,
    Replace { rev: u64, sleep_time: u64, enabled: bool },
    Remove,
}

#[derive(Debug, Clone)]
enum Step {
    Write {
        user: usize,
        id: u64,
        verb: Verb,
    },
    /// The controller has a turn, with so many changes at most.
    Apply {
        limit: usize,
    },
    /// It applies changes, and the process ends before it has forgotten them.
    ApplyInVain {
        limit: usize,
    },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let replace = (1..4u64, 1..4u64, any::<bool>()).prop_map(|(rev, minutes, enabled)| {
        Verb::Replace { rev, sleep_time: minutes * 60, enabled }
    });
    let verb = prop_oneof![3 => Just(Verb::Insert), 4 => replace, 2 => Just(Verb::Remove)];
    prop_oneof![
        8 => (0..USERS.len(), 0..JOBS, verb)
            .prop_map(|(user, id, verb)| Step::Write { user, id, verb }),
        2 => (1..5usize).prop_map(|limit| Step::Apply { limit }),
        1 => (1..5usize).prop_map(|limit| Step::ApplyInVain { limit }),
        1 => Just(Step::Restart),
    ]
}

/// What was accepted: the jobs as they stand, and the event of each write.
#[derive(Debug, Default)]
struct Accepted {
    jobs: BTreeMap<(usize, u64), ScheduledJob>,
    events: Vec<(String, &'static str)>,
}

impl Accepted {
    async fn write(&mut self, store: &Store, user: usize, id: u64, verb: Verb) {
        let mut wanted = job(USERS[user], id);
        let stored = self.jobs.get(&(user, id));
        let (fits, kind) = match verb {
            Verb::Insert => {
                assert_eq!(store.insert(&wanted).await.unwrap() == Written::Done, stored.is_none());
                (stored.is_none(), "create")
            }
            Verb::Replace { rev, sleep_time, enabled } => {
                wanted = ScheduledJob { rev: rev + 1, sleep_time, enabled, ..wanted };
                let fits = stored.is_some_and(|stored| stored.rev == rev);
                assert_eq!(store.replace(&wanted, rev).await.unwrap() == Written::Done, fits);
                (fits, "modify")
            }
            Verb::Remove => {
                let removed = store.remove(&wanted.key()).await.unwrap();
                assert_eq!(removed, stored.map(ScheduledJob::to_map));
                (stored.is_some(), "remove")
            }
        };
        if fits {
            self.events.push((wanted.key().to_string(), kind));
            match kind {
                "remove" => drop(self.jobs.remove(&(user, id))),
                _ => drop(self.jobs.insert((user, id), wanted)),
            }
        }
    }
}

fn controller(store: &Store) -> Controller<Store, Store, Store> {
    let target =
        Target { topic_arn: "t".into(), role_arn: "r".into(), dead_letter_arn: "d".into() };
    let types = JobTypes::parse(r#"{"test":{}}"#).unwrap();
    Controller {
        jobs: store.clone(),
        schedules: store.clone(),
        dead_letters: store.clone(),
        deployment: Deployment { types, target },
    }
}

async fn apply(store: &Store, limit: usize) -> Vec<PendingChange> {
    let pending = store.changes(limit).await.unwrap();
    let messages: Vec<Message> = pending.iter().map(|change| change.message.clone()).collect();
    let report = controller::run(&controller(store), messages, NOW).await;
    assert_eq!(report, controller::Report::default());
    pending
}

fn told(change: &PendingChange) -> (String, String) {
    let event: Value = serde_json::from_str(&change.message.body).unwrap();
    let text = |field: &str| event[field].as_str().unwrap().to_owned();
    assert_eq!(event["scheduled_job"].is_null(), event["change_type"] == "remove");
    (text("scheduler_id"), text("change_type"))
}

async fn walk(steps: &[Step]) {
    let (folder, mut store) = store();
    let mut accepted = Accepted::default();
    let mut events = Vec::new();
    for step in steps {
        match *step {
            Step::Write { user, id, verb } => accepted.write(&store, user, id, verb).await,
            Step::Apply { limit } => {
                let applied = apply(&store, limit).await;
                events.extend(applied.iter().map(told));
                let seqs: Vec<_> = applied.iter().map(|change| change.seq).collect();
                store.forget_changes(&seqs).await.unwrap();
            }
            Step::ApplyInVain { limit } => drop(apply(&store, limit).await),
            Step::Restart => {
                store.close().await;
                store = subscribed(folder.path());
            }
        }
    }
    let rest = apply(&store, usize::MAX).await;
    events.extend(rest.iter().map(told));
    store.forget_changes(&rest.iter().map(|change| change.seq).collect::<Vec<_>>()).await.unwrap();
    let wanted: Vec<_> =
        accepted.events.into_iter().map(|(id, kind)| (id, kind.to_owned())).collect();
    assert_eq!(events, wanted);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    for (user, name) in USERS.iter().enumerate() {
        let jobs = accepted.jobs.iter().filter(|((of, _), _)| *of == user);
        let jobs: Vec<Item> = jobs.map(|(_, job)| job.to_map()).collect();
        assert_eq!(store.list(name).await.unwrap(), jobs);
    }
    store.close().await;
}

proptest! {
    #![proptest_config(fewer())]

    #[test]
    fn each_accepted_write_has_its_event_and_each_job_its_schedule(
        steps in prop::collection::vec(step(), 1..40),
    ) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(walk(&steps));
    }
}

/// Stores half a job, then fails.
fn half_a_job(db: &Connection) -> Sql<()> {
    db.execute("INSERT INTO jobs VALUES ('half', 0, 1, '{}')", [])?;
    db.execute("INSERT INTO no_such_table VALUES (1)", []).map(drop)
}

#[tokio::test]
async fn a_write_that_fails_undoes_itself_alone() {
    let (_folder, store) = store();
    let writes = (0..200).map(|id| {
        let store = store.clone();
        async move {
            let broken = store.write(("store half a job", Wakes::Nobody), half_a_job);
            let jobs = (job("a", id), job("b", id));
            let (before, broken, after) =
                tokio::join!(store.insert(&jobs.0), broken, store.insert(&jobs.1));
            assert_eq!((before.unwrap(), after.unwrap()), (Written::Done, Written::Done));
            broken.unwrap_err().sentence()
        }
    });
    for sentence in join_all(writes).await {
        assert_eq!(sentence, "cannot store half a job: no such table: no_such_table");
    }
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.jobs, counts.changes), (400, 400));
    assert_eq!(store.list("half").await.unwrap(), Vec::<Item>::new());
}

#[tokio::test]
async fn of_several_who_change_the_same_revision_one_wins() {
    let (_folder, store) = store();
    let first = job("u", 0);
    store.insert(&first).await.unwrap();
    let claims = (0..50u64).map(|nth| {
        let next = ScheduledJob { rev: 2, sleep_time: 60 + nth, ..first.clone() };
        let store = store.clone();
        async move { (store.replace(&next, 1).await.unwrap(), next) }
    });
    let claims = join_all(claims).await;
    let won: Vec<_> = claims.into_iter().filter(|(written, _)| *written == Written::Done).collect();
    assert_eq!(won.len(), 1);
    assert_eq!(store.read(&first.key()).await.unwrap(), Some(won[0].1.to_map()));
    assert_eq!(store.changes(10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn ids_are_not_given_twice_whatever_happens_between() {
    let (folder, store) = store();
    store.start_ids("u", 0).await.unwrap();
    let mut given = Vec::new();
    let claim = |store: Store| async move { store.claim_id("u").await.unwrap().unwrap() };
    given.extend(join_all((0..20).map(|_| claim(store.clone()))).await);
    let last = JobKey { user_id: "u".into(), job_id: 19 };
    store.insert(&job("u", 19)).await.unwrap();
    store.remove(&last).await.unwrap();
    store.close().await;
    let store = subscribed(folder.path());
    given.extend(join_all((0..20).map(|_| claim(store.clone()))).await);
    given.sort_unstable();
    assert_eq!(given, (0..40).collect::<Vec<_>>());
    assert_eq!(store.list("u").await.unwrap(), Vec::<Item>::new());
}

#[tokio::test]
async fn an_id_that_became_a_job_is_not_given_again_after_a_write_that_failed() {
    let (folder, store) = store();
    store.start_ids("u", 0).await.unwrap();
    let pages = |count: &str| {
        let sql = format!("PRAGMA max_page_count = {count}");
        store.write(("set a limit", Wakes::Nobody), move |db| {
            db.query_row(&sql, [], |row| row.get::<_, i64>(0))
        })
    };
    pages("1").await.unwrap();
    let mut large = job("u", store.claim_id("u").await.unwrap().unwrap());
    large.fields.insert("text".into(), "x".repeat(1_000_000).into());
    store.insert(&large).await.unwrap_err();
    pages("1000000").await.unwrap();
    let id = store.claim_id("u").await.unwrap().unwrap();
    assert_eq!((large.job_id, id), (0, 1));
    store.insert(&job("u", id)).await.unwrap();
    store.remove(&job("u", id).key()).await.unwrap();
    store.close().await;
    let store = subscribed(folder.path());
    assert_eq!(store.claim_id("u").await.unwrap(), Some(2));
}

#[tokio::test]
async fn a_job_comes_back_to_the_letter() {
    let (folder, store) = store();
    let mut odd = job("ünï \u{1f600}-0", 0);
    let text = "{\"huge\":123456789012345678901234567890,\"exact\":2.50,\"tree\":[{\"a\":[]},null],\
                \"text\":\"\\u0000\u{fffe}\\\"\"}";
    let fields: BTreeMap<String, Value> = serde_json::from_str(text).unwrap();
    odd.fields.extend(fields);
    store.insert(&odd).await.unwrap();
    store.close().await;
    let store = subscribed(folder.path());
    assert_eq!(store.read(&odd.key()).await.unwrap(), Some(odd.to_map()));
    let body = store.changes(1).await.unwrap().remove(0).message.body;
    assert!(body.contains("123456789012345678901234567890") && body.contains("2.50"), "{body}");
    assert!(body.contains("\\ufffe"), "{body}");
}
