//! Small working models of the ports, for tests. They yield where a call would go over a network,
//! so that things interleave.

use crate::controller::WantedSchedule;
use crate::ports::{
    ChangeQueue, Created, DeadLetter, DeadLetters, Distribution, Failure, Found, Item, JobReader,
    JobStore, Made, Outlook, QueuedChange, Refusal, RunLog, Schedules, Written,
};
use scheduler_contract::{JobKey, ScheduledJob};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::task::yield_now;

fn outage() -> Failure {
    Failure::new("do it", "the network is down")
}

/// The table.
#[derive(Debug, Default)]
pub(crate) struct MemoryJobs {
    items: Mutex<BTreeMap<JobKey, Item>>,
    counters: Mutex<BTreeMap<String, u64>>,
    /// Writes of a second client that happen between a read and its write.
    pub(crate) interfere: Mutex<Vec<Item>>,
}

impl MemoryJobs {
    /// Puts an item there as it is, bypassing every rule.
    pub(crate) fn place(&self, item: Item) {
        let key = JobKey {
            user_id: item["user_id"].as_str().unwrap().to_owned(),
            job_id: item["job_id"].as_u64().unwrap(),
        };
        self.items.lock().unwrap().insert(key, item);
    }

    pub(crate) fn item(&self, key: &JobKey) -> Option<Item> {
        self.items.lock().unwrap().get(key).cloned()
    }

    pub(crate) fn take(&self, key: &JobKey) -> Option<Item> {
        self.items.lock().unwrap().remove(key)
    }
}

impl JobReader for MemoryJobs {
    async fn read(&self, key: &JobKey) -> Result<Option<Item>, Failure> {
        yield_now().await;
        let item = self.item(key);
        if let Some(other) = self.interfere.lock().unwrap().pop() {
            self.place(other);
        }
        Ok(item)
    }
}

impl JobStore for MemoryJobs {
    async fn list(&self, user_id: &str) -> Result<Vec<Item>, Failure> {
        let items = self.items.lock().unwrap();
        let own = items.iter().filter(|(key, _)| key.user_id == user_id);
        Ok(own.map(|(_, item)| item.clone()).collect())
    }

    async fn page(
        &self,
        user_id: &str,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Item>, Failure> {
        let items = self.items.lock().unwrap();
        let own = items.iter().filter(|(key, _)| key.user_id == user_id);
        let later = own.filter(|(key, _)| after.is_none_or(|after| key.job_id > after));
        Ok(later.take(limit).map(|(_, item)| item.clone()).collect())
    }

    async fn insert(&self, job: &ScheduledJob) -> Result<Written, Failure> {
        yield_now().await;
        if self.item(&job.key()).is_some() {
            return Ok(Written::Refused);
        }
        self.place(job.to_map());
        Ok(Written::Done)
    }

    async fn replace(&self, job: &ScheduledJob, rev: u64) -> Result<Written, Failure> {
        yield_now().await;
        let stored = self.item(&job.key());
        let current = stored.map(|item| item.get("rev").and_then(Value::as_u64).unwrap_or(0));
        if current != Some(rev) {
            return Ok(Written::Refused);
        }
        self.place(job.to_map());
        Ok(Written::Done)
    }

    async fn remove(&self, key: &JobKey) -> Result<Option<Item>, Failure> {
        Ok(self.take(key))
    }

    async fn claim_id(&self, user_id: &str) -> Result<Option<u64>, Failure> {
        yield_now().await;
        let mut counters = self.counters.lock().unwrap();
        Ok(counters.get_mut(user_id).map(|next| {
            *next += 1;
            *next - 1
        }))
    }

    async fn start_ids(&self, user_id: &str, first: u64) -> Result<Written, Failure> {
        yield_now().await;
        let mut counters = self.counters.lock().unwrap();
        if counters.contains_key(user_id) {
            return Ok(Written::Refused);
        }
        counters.insert(user_id.to_owned(), first);
        Ok(Written::Done)
    }

    async fn highest_id(&self, user_id: &str) -> Result<Option<u64>, Failure> {
        yield_now().await;
        let items = self.items.lock().unwrap();
        let own = items.keys().filter(|key| key.user_id == user_id);
        Ok(own.map(|key| key.job_id).max())
    }
}

/// A schedule as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) wanted: WantedSchedule,
    /// `None`: it fires at once.
    pub(crate) start: Option<i64>,
    /// When it was made.
    pub(crate) at: i64,
    /// When it was last written.
    pub(crate) modified: i64,
}

/// One schedule group.
#[derive(Debug, Default)]
pub(crate) struct MemorySchedules {
    pub(crate) standing: Mutex<BTreeMap<String, Standing>>,
    /// The group's own clock.
    pub(crate) clock: AtomicI64,
    /// Names whose calls fail.
    pub(crate) broken: Mutex<BTreeSet<String>>,
    /// Names whose calls never end.
    pub(crate) hanging: Mutex<BTreeSet<String>>,
    /// A twin creates these schedules between a controller's look and its create.
    pub(crate) twins: Mutex<Vec<WantedSchedule>>,
    pub(crate) group_is_missing: bool,
}

impl MemorySchedules {
    fn check(&self, name: &str) -> Result<(), Failure> {
        match self.broken.lock().unwrap().contains(name) {
            true => Err(outage()),
            false => Ok(()),
        }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.standing.lock().unwrap().keys().cloned().collect()
    }

    pub(crate) fn get(&self, name: &str) -> Option<Standing> {
        self.standing.lock().unwrap().get(name).cloned()
    }

    /// Puts a schedule there as it is, behind the controller's back.
    pub(crate) fn place(&self, name: &str, wanted: &WantedSchedule) {
        let wanted = WantedSchedule { name: name.to_owned(), ..wanted.clone() };
        self.set(&wanted, None);
    }

    fn set(&self, wanted: &WantedSchedule, start: Option<i64>) {
        let wanted = wanted.clone();
        let name = wanted.name.clone();
        let modified = self.clock.load(Ordering::Relaxed);
        let at = self.get(&name).map_or(modified, |old| old.at);
        let standing = Standing { wanted, start, at, modified };
        self.standing.lock().unwrap().insert(name, standing);
    }
}

impl Schedules for MemorySchedules {
    async fn made(&self, name: &str) -> Result<Option<Made>, Failure> {
        yield_now().await;
        self.check(name)?;
        let hangs = self.hanging.lock().unwrap().contains(name);
        if hangs {
            std::future::pending::<()>().await;
        }
        Ok(self.get(name).map(|Standing { start, at, modified, .. }| Made {
            at: Some(at),
            modified: Some(modified),
            start,
        }))
    }

    async fn update(&self, wanted: &WantedSchedule, start: Option<i64>) -> Result<Found, Failure> {
        yield_now().await;
        self.check(&wanted.name)?;
        if self.get(&wanted.name).is_none() {
            return Ok(Found::No);
        }
        self.set(wanted, start);
        Ok(Found::Yes)
    }

    async fn create(
        &self,
        wanted: &WantedSchedule,
        start: Option<i64>,
    ) -> Result<Created, Failure> {
        yield_now().await;
        if self.group_is_missing {
            return Ok(Created::NoGroup);
        }
        if let Some(twin) = self.twins.lock().unwrap().pop() {
            self.set(&twin, None);
        }
        if self.get(&wanted.name).is_some() {
            return Ok(Created::Exists);
        }
        self.set(wanted, start);
        Ok(Created::Done)
    }

    async fn delete(&self, name: &str) -> Result<Found, Failure> {
        yield_now().await;
        self.check(name)?;
        let gone = self.standing.lock().unwrap().remove(name);
        Ok(gone.map_or(Found::No, |_| Found::Yes))
    }
}

/// A FIFO queue.
#[derive(Debug, Default)]
pub(crate) struct MemoryQueue {
    pub(crate) sent: Mutex<Vec<QueuedChange>>,
    /// Sizes of the sends.
    pub(crate) sends: Mutex<Vec<usize>>,
    /// Deduplication ids that are not accepted for now.
    pub(crate) refused: BTreeSet<String>,
    /// A text that no body may hold.
    pub(crate) taboo: Option<&'static str>,
    pub(crate) is_down: bool,
}

impl MemoryQueue {
    fn outlook(&self, change: &QueuedChange) -> Option<Outlook> {
        if self.taboo.is_some_and(|taboo| change.body.contains(taboo)) {
            return Some(Outlook::ForGood);
        }
        self.refused.contains(&change.deduplication_id).then_some(Outlook::TryAgain)
    }
}

impl ChangeQueue for MemoryQueue {
    async fn send(&self, changes: &[QueuedChange]) -> Result<Vec<Refusal>, Failure> {
        if self.is_down {
            return Err(outage());
        }
        self.sends.lock().unwrap().push(changes.len());
        let mut sent = self.sent.lock().unwrap();
        sent.extend(changes.iter().filter(|change| self.outlook(change).is_none()).cloned());
        let refused = |(position, change)| {
            let outlook = self.outlook(change)?;
            Some(Refusal { position, reason: "no".to_owned(), outlook })
        };
        Ok(changes.iter().enumerate().filter_map(refused).collect())
    }
}

/// A dead-letter queue.
#[derive(Debug, Default)]
pub(crate) struct MemoryDeadLetters {
    pub(crate) letters: Mutex<Vec<DeadLetter>>,
    pub(crate) is_down: bool,
}

impl DeadLetters for MemoryDeadLetters {
    async fn bury(&self, letter: &DeadLetter) -> Result<(), Failure> {
        if self.is_down {
            return Err(outage());
        }
        self.letters.lock().unwrap().push(letter.clone());
        Ok(())
    }
}

/// A topic, and a log of runs.
#[derive(Debug, Default)]
pub(crate) struct MemoryTopic {
    pub(crate) published: Mutex<Vec<ScheduledJob>>,
    pub(crate) runs: Mutex<BTreeMap<JobKey, Vec<Item>>>,
    pub(crate) is_down: bool,
}

impl Distribution for &MemoryTopic {
    async fn publish(&self, job: &ScheduledJob, _now: i64) -> Result<(), Failure> {
        if self.is_down {
            return Err(outage());
        }
        self.published.lock().unwrap().push(job.clone());
        Ok(())
    }
}

impl RunLog for &MemoryTopic {
    async fn runs(&self, key: &JobKey, limit: usize) -> Result<Option<Vec<Item>>, Failure> {
        let runs = self.runs.lock().unwrap();
        Ok(Some(runs.get(key).into_iter().flatten().take(limit).cloned().collect()))
    }

    async fn latest(&self, user_id: &str, job_ids: &[u64]) -> Result<BTreeMap<u64, Item>, Failure> {
        let runs = self.runs.lock().unwrap();
        let of = |id: &u64| {
            let key = JobKey { user_id: user_id.to_owned(), job_id: *id };
            Some((*id, runs.get(&key)?.first()?.clone()))
        };
        Ok(job_ids.iter().filter_map(of).collect())
    }
}
