//! The FIFO queue: order within a group, one delivery of a group at a time, at least once, equal
//! deduplication ids dropped for five minutes, and a dead-letter queue.

use crate::world::{Ports, World};
use scheduler_runtime::controller::Message;
use scheduler_runtime::ports::{
    ChangeQueue, DeadLetter, DeadLetters, Failure, Outlook, QueuedChange, Refusal,
};
use std::collections::{BTreeMap, BTreeSet};

const DEDUPLICATION: i64 = 300;
pub(crate) const VISIBILITY: i64 = 600;
/// The queue's `maxReceiveCount`.
pub(crate) const RECEIVES: u32 = 10;
/// Four days.
pub(crate) const RETENTION: i64 = 345_600;
const BATCH: usize = 10;

#[derive(Debug, Clone)]
struct Queued {
    id: u64,
    change: QueuedChange,
    receives: u32,
    sent_at: i64,
    visible_at: i64,
}

#[derive(Debug, Default)]
pub(crate) struct Fifo {
    messages: Vec<Queued>,
    seen: BTreeMap<(String, String), i64>,
    count: u64,
    /// Messages that were given up.
    pub(crate) dead: usize,
    /// The original had no dead-letter queue.
    pub(crate) gives_up_late: bool,
    /// It cannot be reached.
    pub(crate) is_down: bool,
    /// Groups of which the next message is refused.
    pub(crate) refusing: BTreeSet<String>,
}

/// A delivery: what the function gets, and how each message is deleted.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) messages: Vec<Message>,
    receipts: Vec<(u64, u32)>,
}

impl Fifo {
    fn add(&mut self, change: QueuedChange, now: i64) {
        let id = (change.group.clone(), change.deduplication_id.clone());
        self.seen.retain(|_, sent| now - *sent < DEDUPLICATION);
        if self.seen.insert(id, now).is_some() {
            return;
        }
        self.count += 1;
        let (id, receives) = (self.count, 0);
        self.messages.push(Queued { id, change, receives, sent_at: now, visible_at: 0 });
    }

    /// Forgets everything.
    pub(crate) fn purge(&mut self) {
        self.messages.clear();
    }

    /// When something can be received, if anything ever.
    pub(crate) fn next_visible(&self) -> Option<i64> {
        self.messages.iter().map(|queued| queued.visible_at).max()
    }

    /// What can be received now: nothing of a group that is under way.
    pub(crate) fn receive(&mut self, now: i64) -> Option<Delivery> {
        let limit = if self.gives_up_late { u32::MAX } else { RECEIVES };
        let dead = |queued: &Queued| {
            (queued.visible_at <= now && queued.receives >= limit)
                || now - queued.sent_at > RETENTION
        };
        let before = self.messages.len();
        self.messages.retain(|queued| !dead(queued));
        self.dead += before - self.messages.len();
        let hidden = self.messages.iter().filter(|queued| queued.visible_at > now);
        let locked: BTreeSet<String> = hidden.map(|queued| queued.change.group.clone()).collect();
        let free = self.messages.iter_mut().filter(|queued| !locked.contains(&queued.change.group));
        let mut delivery = Delivery { messages: Vec::new(), receipts: Vec::new() };
        for queued in free.take(BATCH) {
            queued.receives += 1;
            queued.visible_at = now + VISIBILITY;
            let QueuedChange { group, body, .. } = queued.change.clone();
            delivery.messages.push(Message::new(queued.id.to_string(), group, body));
            delivery.receipts.push((queued.id, queued.receives));
        }
        (!delivery.messages.is_empty()).then_some(delivery)
    }

    /// Deletes what did not fail and was not delivered again since.
    pub(crate) fn settle(&mut self, delivery: &Delivery, failed: &[String]) {
        let done = |queued: &Queued| {
            delivery.receipts.contains(&(queued.id, queued.receives))
                && !failed.contains(&queued.id.to_string())
        };
        self.messages.retain(|queued| !done(queued));
    }
}

impl ChangeQueue for Ports {
    async fn send(&self, changes: &[QueuedChange]) -> Result<Vec<Refusal>, Failure> {
        let changes = changes.to_vec();
        if self.world().queue.is_down {
            return Err(Failure::new("send changes", "ServiceUnavailable"));
        }
        self.call("send changes", move |world: &mut World| {
            let (now, mut refusals) = (world.now, Vec::new());
            for (position, change) in changes.into_iter().enumerate() {
                let throttled = world.faults.throttled;
                let is_refused = world.queue.refusing.remove(&change.group);
                if is_refused || world.random.permille(throttled) {
                    let (reason, outlook) = ("throttled".to_owned(), Outlook::TryAgain);
                    refusals.push(Refusal { position, reason, outlook });
                    continue;
                }
                world.note(|| format!("queue: {} {}", change.deduplication_id, change.body));
                world.queue.add(change, now);
            }
            refusals
        })
        .await
    }
}

impl DeadLetters for Ports {
    async fn bury(&self, letter: &DeadLetter) -> Result<(), Failure> {
        let letter = letter.clone();
        self.call("put aside", move |world| {
            world.note(|| format!("put aside: {} {}", letter.group, letter.reason));
            world.letters.push(letter);
        })
        .await
    }
}
