//! The table: conditional writes, ids from counters, and a stream record for every change.

use crate::world::{Ports, World};
use scheduler_contract::{JobKey, ScheduledJob};
use scheduler_runtime::ports::{
    Bookmark, Failure, Item, JobReader, JobScan, JobStore, Part, Written,
};
use serde_json::{Value, json};
use std::ops::Bound;

/// Items of one part of a scan.
const PAGE: usize = 3;

impl World {
    /// Writes an item as whoever has the rights may. What changes nothing leaves no record.
    pub(crate) fn put(&mut self, key: JobKey, item: Item) {
        let old = self.items.insert(key.clone(), item.clone());
        let name = match &old {
            None => "INSERT",
            Some(old) if *old == item => return,
            Some(_) => "MODIFY",
        };
        self.record(name, &key, Some(item));
    }

    pub(crate) fn take(&mut self, key: &JobKey) -> Option<Item> {
        let old = self.items.remove(key)?;
        self.record("REMOVE", key, None);
        Some(old)
    }

    fn record(&mut self, name: &'static str, key: &JobKey, image: Option<Item>) {
        self.note(|| format!("table: {name} {key} {image:?}"));
        let shard = key.user_id.len() % self.shards.len();
        let now = self.now;
        self.shards[shard].append(name, key, (image, now));
    }
}

impl JobReader for Ports {
    async fn read(&self, key: &JobKey) -> Result<Option<Item>, Failure> {
        let key = key.clone();
        self.call("read a job", move |world| world.items.get(&key).cloned()).await
    }
}

fn rev(item: &Item) -> u64 {
    item.get("rev").and_then(Value::as_u64).unwrap_or(0)
}

impl JobStore for Ports {
    async fn list(&self, user_id: &str) -> Result<Vec<Item>, Failure> {
        self.page(user_id, None, usize::MAX).await
    }

    async fn page(
        &self,
        user_id: &str,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Item>, Failure> {
        let user_id = user_id.to_owned();
        self.call("list jobs", move |world| {
            let own = world.items.iter().filter(|(key, _)| key.user_id == user_id);
            let later = own.filter(|(key, _)| after.is_none_or(|after| key.job_id > after));
            later.take(limit).map(|(_, item)| item.clone()).collect()
        })
        .await
    }

    async fn insert(&self, job: &ScheduledJob) -> Result<Written, Failure> {
        let (key, item) = (job.key(), job.to_map());
        self.call("store a new job", move |world| {
            if world.items.contains_key(&key) {
                return Written::Refused;
            }
            world.put(key, item);
            Written::Done
        })
        .await
    }

    async fn replace(&self, job: &ScheduledJob, old: u64) -> Result<Written, Failure> {
        let (key, item) = (job.key(), job.to_map());
        self.call("store a job", move |world| {
            if world.items.get(&key).map(rev) != Some(old) {
                return Written::Refused;
            }
            world.put(key, item);
            Written::Done
        })
        .await
    }

    async fn remove(&self, key: &JobKey) -> Result<Option<Item>, Failure> {
        let key = key.clone();
        self.call("remove a job", move |world| world.take(&key)).await
    }

    async fn claim_id(&self, user_id: &str) -> Result<Option<u64>, Failure> {
        let user_id = user_id.to_owned();
        self.call("claim an id", move |world| {
            let next = world.counters.get_mut(&user_id)?;
            *next += 1;
            Some(*next - 1)
        })
        .await
    }

    async fn start_ids(&self, user_id: &str, first: u64) -> Result<Written, Failure> {
        let user_id = user_id.to_owned();
        self.call("start a counter", move |world| {
            if world.counters.contains_key(&user_id) {
                return Written::Refused;
            }
            world.counters.insert(user_id, first);
            Written::Done
        })
        .await
    }

    async fn highest_id(&self, user_id: &str) -> Result<Option<u64>, Failure> {
        let user_id = user_id.to_owned();
        self.call("find the highest id", move |world| {
            world.items.keys().filter(|key| key.user_id == user_id).map(|key| key.job_id).max()
        })
        .await
    }
}

impl JobScan for Ports {
    /// Jobs in the order of their users' names backwards, and a counter among them.
    async fn scan(&self, next: Option<&str>) -> Result<Part<Item>, Failure> {
        let next: Option<JobKey> = next.map(|next| next.parse().unwrap());
        self.call("scan", move |world| {
            let bound = next.map_or(Bound::Unbounded, Bound::Excluded);
            let range = (Bound::Unbounded, bound);
            let rest: Vec<_> = world.items.range(range).rev().take(PAGE + 1).collect();
            let mut entries: Vec<_> =
                rest.iter().take(PAGE).map(|(_, item)| (*item).clone()).collect();
            let counter = json!({"user_id": "u", "job_id": -1, "next_job_id": 1});
            entries.push(counter.as_object().unwrap().clone());
            let last = rest.get(PAGE - 1).filter(|_| rest.len() > PAGE);
            Part { entries, next: last.map(|(key, _)| key.to_string()) }
        })
        .await
    }
}

impl Bookmark for Ports {
    async fn load(&self) -> Result<Option<String>, Failure> {
        self.call("load a note", |world| world.bookmark.clone()).await
    }

    async fn save(&self, text: &str) -> Result<(), Failure> {
        let text = text.to_owned();
        self.call("save a note", move |world| world.bookmark = Some(text)).await
    }
}
