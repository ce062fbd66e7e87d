//! The store: one file, and the loops that wait for what is new in it.

use super::db::{Alarm, Db, Named, Wakes};
use super::open::{Held, Holding};
use super::subscriptions::Subscriptions;
use crate::ports::Failure;
use rusqlite::{Connection, Result as Sql};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::futures::Notified;

/// Everything of a local system: jobs, changes, schedules, runs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) db: Db,
    alarm: Arc<Alarm>,
    held: Holding,
    subscriptions: Arc<RwLock<Arc<Subscriptions>>>,
}

impl Store {
    pub(super) fn new(db: Db, alarm: Arc<Alarm>, held: Held) -> Self {
        let held = Arc::new(Mutex::new(Some(held)));
        Self { db, alarm, held, subscriptions: Arc::default() }
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
    #[must_use]
    pub fn changes_arrived(&self) -> Notified<'_> {
        self.alarm.changes.notified()
    }

    /// Ends with the next change of a schedule.
    #[must_use]
    pub fn schedules_changed(&self) -> Notified<'_> {
        self.alarm.schedules.notified()
    }

    /// Ends with the next tick that waits for a consumer.
    #[must_use]
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
        let closed = self.write(("close the store", Wakes::Nobody), |db| {
            db.execute("UPDATE closed SET is_closed = 1", [])
        });
        // What is not marked as closed is only looked at more closely at the next start.
        let _ = closed.await;
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.db.end();
        if let Some(held) = held {
            // A thread that panicked has nothing more to finish.
            let _ = tokio::task::spawn_blocking(move || held.release()).await;
        }
    }
}

/// Real time, epoch milliseconds.
pub(super) fn wall_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

/// An id as the file keeps it; none of ours is larger.
pub(super) fn key(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(-1)
}
