//! The FIFO queue, made for many messages: order within a group, one delivery of a group at a time,
//! what failed comes back after the visibility time-out, ten times.

use scheduler_runtime::controller::Message;
use scheduler_runtime::ports::{ChangeQueue, Failure, QueuedChange, Refusal};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

pub(crate) const VISIBILITY: Duration = Duration::from_secs(600);
/// The queue's `maxReceiveCount`.
const RECEIVES: u32 = 10;
const BATCH: usize = 10;

#[derive(Debug, Clone)]
struct Waiting {
    message: Message,
    receives: u32,
}

#[derive(Debug, Default)]
struct State {
    groups: HashMap<String, VecDeque<Waiting>>,
    /// Groups of which something can be received, in the order of arrival.
    ready: VecDeque<String>,
    /// Groups of which something failed, by the moment at which it comes back.
    hidden: BTreeMap<(Instant, u64), String>,
    count: u64,
    dead: usize,
    /// How often a message was received, at most.
    most: u32,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Fifo(Arc<Mutex<State>>);

impl ChangeQueue for Fifo {
    async fn send(&self, changes: &[QueuedChange]) -> Result<Vec<Refusal>, Failure> {
        let mut state = self.0.lock().unwrap();
        for QueuedChange { group, body, .. } in changes {
            state.count += 1;
            let message = Message::new(state.count.to_string(), group.clone(), body.clone());
            let waiting = state.groups.entry(group.clone()).or_default();
            waiting.push_back(Waiting { message, receives: 0 });
            if waiting.len() == 1 {
                state.ready.push_back(group.clone());
            }
        }
        Ok(Vec::new())
    }
}

impl Fifo {
    /// A batch; empty where nothing can be received now.
    pub(crate) fn receive(&self) -> Vec<Message> {
        let mut state = self.0.lock().unwrap();
        while let Some(((visible, _), _)) = state.hidden.first_key_value()
            && *visible <= Instant::now()
        {
            let group = state.hidden.pop_first().unwrap().1;
            state.ready.push_back(group);
        }
        let mut batch = Vec::new();
        let mut most = 0;
        while batch.len() < BATCH
            && let Some(group) = state.ready.pop_front()
        {
            let waiting = state.groups.get_mut(&group).unwrap();
            let before = waiting.len();
            waiting.retain(|waiting| waiting.receives < RECEIVES);
            let dead = before - waiting.len();
            for waiting in waiting.iter_mut().take(BATCH - batch.len()) {
                waiting.receives += 1;
                most = most.max(waiting.receives);
                batch.push(waiting.message.clone());
            }
            if waiting.is_empty() {
                state.groups.remove(&group);
            }
            state.dead += dead;
        }
        state.most = state.most.max(most);
        batch
    }

    /// Deletes what did not fail.
    pub(crate) fn settle(&self, delivery: &[Message], failed: &[String]) {
        let mut state = self.0.lock().unwrap();
        for message in delivery.iter().filter(|one| !failed.contains(&one.message_id)) {
            let waiting = state.groups.get_mut(message.group()).unwrap();
            waiting.retain(|waiting| waiting.message.message_id != message.message_id);
        }
        // Of each group the delivery holds one piece.
        let mut groups: Vec<_> = delivery.iter().map(|one| one.group().to_owned()).collect();
        groups.dedup();
        for group in groups {
            let is_of = |id: &String| {
                delivery.iter().any(|one| one.message_id == *id && one.group() == group)
            };
            let has_failed = failed.iter().any(is_of);
            match state.groups.get(&group).is_some_and(|waiting| !waiting.is_empty()) {
                false => drop(state.groups.remove(&group)),
                true if has_failed => {
                    state.count += 1;
                    let at = (Instant::now() + VISIBILITY, state.count);
                    state.hidden.insert(at, group);
                }
                true => state.ready.push_back(group),
            }
        }
    }

    /// When something comes back, if anything does.
    pub(crate) fn next_visible(&self) -> Option<Instant> {
        let state = self.0.lock().unwrap();
        state.hidden.first_key_value().map(|((visible, _), _)| *visible)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().unwrap().groups.is_empty()
    }

    /// How often a message was received, at most.
    pub(crate) fn most(&self) -> u32 {
        self.0.lock().unwrap().most
    }

    /// Messages that were given up.
    pub(crate) fn dead(&self) -> usize {
        self.0.lock().unwrap().dead
    }
}
