//! Repairs on their way to the controller: change events like those of the stream.

use super::report::Calls;
use crate::ports::{ChangeQueue, Failure, QueuedChange, Refusal};
use scheduler_contract::{Change, JobKey, SchedulerChange, wire_json};
use serde_json::Map;

/// Entries of one send.
const ENTRIES_MAX: usize = 10;

/// The queue of whoever only looks.
#[derive(Debug)]
pub(super) enum NoQueue {}

impl ChangeQueue for NoQueue {
    async fn send(&self, _changes: &[QueuedChange]) -> Result<Vec<Refusal>, Failure> {
        match *self {}
    }
}

/// Repairs that are not sent yet.
pub(super) struct Outbox<'a, Q> {
    queue: Option<&'a Q>,
    /// The beginning of the pass, epoch seconds.
    began: i64,
    limit: Option<u64>,
    waiting: Vec<QueuedChange>,
    pub(super) sent: u64,
}

impl<'a, Q: ChangeQueue> Outbox<'a, Q> {
    pub(super) fn new(queue: Option<&'a Q>, began: i64, limit: Option<u64>) -> Self {
        Self { queue, began, limit, waiting: Vec::new(), sent: 0 }
    }

    /// Has the controller look at a job.
    pub(super) fn look_at(&mut self, key: &JobKey) {
        let keys = [("user_id", key.user_id.as_str().into()), ("job_id", key.job_id.into())];
        let keys = keys.map(|(field, value)| (field.to_owned(), value));
        self.add(&key.schedule_name(), key.to_string(), Change::Modify(Map::from_iter(keys)));
    }

    /// Has the controller remove a schedule that no job can have.
    pub(super) fn remove(&mut self, name: &str) {
        self.add(name, name.to_owned(), Change::Remove);
    }

    fn add(&mut self, group: &str, scheduler_id: String, change: Change) {
        let waiting = self.waiting.len() as u64;
        if self.queue.is_none() || self.limit.is_some_and(|limit| self.sent + waiting >= limit) {
            return;
        }
        let change = SchedulerChange { scheduler_id, change, timestamp: Some(self.began) };
        self.waiting.push(QueuedChange {
            group: group.to_owned(),
            // One a schedule and pass: a part that is looked at again sends nothing twice.
            deduplication_id: format!("reconcile-{}-{group}", self.began),
            // Names and numbers: printing them cannot fail.
            body: wire_json(&change).unwrap_or_default(),
        });
    }

    /// How many are not sent yet.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Sends what waits. What the queue refuses, the next pass finds again.
    pub(super) async fn flush(&mut self, calls: &mut Calls) -> Result<(), Failure> {
        let Some(queue) = self.queue else { return Ok(()) };
        let waiting = std::mem::take(&mut self.waiting);
        for some in waiting.chunks(ENTRIES_MAX) {
            calls.send += 1;
            let refused = queue.send(some).await?.len();
            self.sent += some.len().saturating_sub(refused) as u64;
        }
        Ok(())
    }
}
