//! The store: one file, and the loops that wait for what is new in it.

use super::db::{Alarm, Db, Last, Named, Wakes};
use super::subscriptions::Subscriptions;
use crate::ports::Failure;
use rusqlite::{Connection, Result as Sql};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::futures::Notified;

/// Everything of a local system: jobs, changes, schedules, runs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) db: Db,
    alarm: Arc<Alarm>,
    last: Arc<Mutex<Option<Last>>>,
    subscriptions: Arc<RwLock<Arc<Subscriptions>>>,
    /// The next id of each user that has claimed one in this process.
    pub(super) ids: Arc<Mutex<HashMap<String, u64>>>,
    /// When jobs were last fired, epoch seconds of their clock.
    pub(super) last_fired: Arc<AtomicI64>,
    /// Runs that a consumer has at this moment, and since when, epoch milliseconds. One that was
    /// taken and is not among them waits in this process.
    pub(super) begun: Arc<Mutex<BTreeMap<i64, i64>>>,
}

impl Store {
    pub(super) fn new(db: Db, last: Last) -> Self {
        Self {
            db,
            alarm: Arc::default(),
            last: Arc::new(Mutex::new(Some(last))),
            subscriptions: Arc::default(),
            ids: Arc::default(),
            last_fired: Arc::new(AtomicI64::new(i64::MAX)),
            begun: Arc::default(),
        }
    }

    /// Who gets the ticks of which type from now on.
    pub fn subscribe(&self, subscriptions: Subscriptions) {
        let mut current = self.subscriptions.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(subscriptions);
    }

    pub(super) fn subscriptions(&self) -> Arc<Subscriptions> {
        Arc::clone(&self.subscriptions.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends with the next change event; asked for before the store is looked at, it misses none.
    pub fn changes_arrived(&self) -> Notified<'_> {
        self.alarm.changes.notified()
    }

    /// Ends with the next change of a schedule.
    pub fn schedules_changed(&self) -> Notified<'_> {
        self.alarm.schedules.notified()
    }

    /// Ends with why the file cannot be relied on any more: SQLite found it damaged. From then on
    /// nothing is written.
    pub async fn damaged(&self) -> String {
        self.db.damaged().await
    }

    /// Ends with the next tick that waits for a consumer.
    pub fn runs_arrived(&self) -> Notified<'_> {
        self.alarm.runs.notified()
    }

    pub(super) async fn write<T: Send + 'static>(
        &self,
        (action, wakes): (&'static str, Wakes),
        op: impl FnOnce(&Connection) -> Sql<T> + Send + 'static,
    ) -> Result<T, Failure> {
        self.db.write(Named { action, wakes }, &self.alarm, op).await
    }

    /// Finishes what was asked before, and gives the folder free. What is asked later, of a clone,
    /// fails.
    pub async fn close(self) {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.db.end();
        if let Some(last) = last {
            // A thread that panicked has nothing more to finish.
            let _ = tokio::task::spawn_blocking(move || last.join()).await;
        }
    }
}

/// Real time, epoch milliseconds.
pub(super) fn wall_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

/// An id as the file keeps it; none of ours is larger, and nothing lies behind the largest.
pub(super) fn key(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}
