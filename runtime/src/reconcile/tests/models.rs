//! A table and a group that can be put into any state, and that count and fail on demand.

use super::super::*;
use crate::controller::{Deployment, ScheduleAction, Target, decide};
use crate::fakes::MemoryQueue;
use crate::job_types::JobTypes;
use crate::ports::{
    Failure, Item, JobReader, JobScan, ListedSchedule, Part, ScheduleReader, StandingSchedule,
};
use scheduler_contract::{JobKey, SchedulerChange};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) const NOW: i64 = 1_700_000_000;
/// Long before.
pub(super) const OLD: i64 = NOW - 100_000;

/// Items in no order that a name would tell.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) items: Vec<Item>,
    pub(super) page: usize,
}

impl JobReader for Table {
    async fn read(&self, key: &JobKey) -> Result<Option<Item>, Failure> {
        let is_it = |item: &&Item| {
            item["user_id"] == key.user_id.as_str() && item["job_id"] == json!(key.job_id)
        };
        Ok(self.items.iter().find(is_it).cloned())
    }
}

impl JobScan for Table {
    async fn scan(&self, next: Option<&str>) -> Result<Part<Item>, Failure> {
        Ok(part(&self.items, next, self.page))
    }
}

fn part<T: Clone>(all: &[T], next: Option<&str>, page: usize) -> Part<T> {
    let from = next.map_or(0, |next| next.parse().unwrap());
    let to = (from + page.max(1)).min(all.len());
    Part { entries: all[from..to].to_vec(), next: (to < all.len()).then(|| to.to_string()) }
}

/// Schedules, listed backwards.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) schedules: BTreeMap<String, StandingSchedule>,
    pub(super) page: usize,
    /// A list ends after so many, and does not say so.
    pub(super) cut: Option<usize>,
    /// Deleted since the list was made.
    pub(super) gone: BTreeSet<String>,
    /// Those whose deletion arrives after so many seconds.
    pub(super) going: BTreeMap<String, u64>,
    pub(super) waited: AtomicU64,
    /// The first, second, ... call that fails.
    pub(super) failing: BTreeSet<u64>,
    pub(super) calls: AtomicU64,
}

impl Group {
    fn call(&self) -> Result<(), Failure> {
        let calls = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        match self.failing.contains(&calls) {
            true => Err(Failure::new("look", "the network is down")),
            false => Ok(()),
        }
    }
}

impl ScheduleReader for Group {
    async fn list(
        &self,
        prefix: &str,
        next: Option<&str>,
    ) -> Result<Part<ListedSchedule>, Failure> {
        self.call()?;
        let listed = |(name, standing): (&String, &StandingSchedule)| ListedSchedule {
            name: name.clone(),
            enabled: standing.enabled,
            topic_arn: standing.topic_arn.clone(),
            modified: standing.modified,
        };
        let some = self.schedules.iter().rev().filter(|(name, _)| name.starts_with(prefix));
        let some: Vec<_> = some.take(self.cut.unwrap_or(usize::MAX)).map(listed).collect();
        Ok(part(&some, next, self.page))
    }

    async fn get(&self, name: &str) -> Result<Option<StandingSchedule>, Failure> {
        self.call()?;
        let waited = self.waited.load(Ordering::Relaxed);
        let is_gone = self.gone.contains(name)
            || self.going.get(name).is_some_and(|seconds| *seconds <= waited);
        Ok(self.schedules.get(name).filter(|_| !is_gone).cloned())
    }

    async fn wait(&self, seconds: u64) {
        self.waited.fetch_add(seconds, Ordering::Relaxed);
    }
}

pub(super) type World = Reconciler<Table, Group>;

pub(super) fn deployment() -> Deployment {
    let name = |what: &str| format!("arn:{what}");
    Deployment {
        types: JobTypes::parse(r#"{"test":{}}"#).unwrap(),
        target: Target {
            topic_arn: name("topic"),
            role_arn: name("role"),
            dead_letter_arn: name("dead"),
        },
    }
}

pub(super) fn item(user_id: &str, job_id: u64) -> Item {
    let item = json!({"user_id": user_id, "user_email": "u@example.com", "job_id": job_id,
        "job_type": "test", "sleep_time": 600, "enabled": true, "rev": 3, "anchor": OLD,
        "updated_at": OLD});
    item.as_object().unwrap().clone()
}

/// The schedule that the controller makes of an item.
pub(super) fn standing(item: &Item) -> (String, StandingSchedule) {
    let key = JobKey {
        user_id: item["user_id"].as_str().unwrap().to_owned(),
        job_id: item["job_id"].as_u64().unwrap(),
    };
    let decided = decide(&key, Some(item.clone()), &deployment()).unwrap();
    let ScheduleAction::Put(wanted) = decided else { panic!("{decided:?}") };
    let standing = StandingSchedule {
        description: wanted.description(),
        expression: wanted.expression.clone(),
        enabled: wanted.enabled,
        input: wanted.input.clone(),
        retry_seconds: Some(wanted.retry_seconds),
        topic_arn: wanted.target.topic_arn.clone(),
        role_arn: wanted.target.role_arn.clone(),
        dead_letter_arn: Some(wanted.target.dead_letter_arn.clone()),
        start: Some(wanted.start(OLD)),
        modified: Some(OLD),
        foreign: Vec::new(),
    };
    (wanted.name, standing)
}

/// Both sides equal.
pub(super) fn world(items: Vec<Item>) -> World {
    let schedules = items.iter().map(standing).collect();
    Reconciler {
        jobs: Table { items, page: 7 },
        schedules: Group { schedules, page: 5, ..Group::default() },
        deployment: deployment(),
    }
}

pub(super) fn pass(from: Cursor, limits: Limits) -> Pass<'static> {
    Pass { from, grace: GRACE, depth: Depth::All, limits, clock: &|| NOW }
}

pub(super) fn all() -> Pass<'static> {
    pass(Cursor::default(), Limits::NONE)
}

/// The schedules of one kind, by name.
pub(super) fn names(report: &Report, kind: Kind) -> Vec<String> {
    let found = report.differences.get(&kind).map(|found| found.examples.as_slice());
    found.unwrap_or_default().iter().map(|example| example.schedule.clone()).collect()
}

pub(super) fn sent(queue: &MemoryQueue) -> Vec<SchedulerChange> {
    let sent = queue.sent.lock().unwrap();
    sent.iter().map(|change| serde_json::from_str(&change.body).unwrap()).collect()
}
