//! Jobs and their ids. Each write of a job leaves its change event in the same transaction.

use super::changes::enqueue;
use super::db::Wakes;
use super::store::{Store, key};
use crate::ports::{Failure, Item, JobReader, JobStore, Written};
use rusqlite::{Connection, OptionalExtension, Result as Sql, params};
use scheduler_contract::{Change, JobKey, ScheduledJob, SchedulerChange, schedule_name, wire_json};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};

impl JobReader for Store {
    async fn read(&self, key: &JobKey) -> Result<Option<Item>, Failure> {
        let key = key.clone();
        self.db.read("read a job", move |db| stored(db, &key)).await
    }
}

impl JobStore for Store {
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
        let (after, limit) = (after.map_or(-1, key), i64::try_from(limit).unwrap_or(i64::MAX));
        self.db
            .scan("list jobs", move |db| {
                let mut query = db.prepare_cached(
                    "SELECT item FROM jobs WHERE user_id = ?1 AND job_id > ?2
                     ORDER BY job_id LIMIT ?3",
                )?;
                let rows = query.query_map(params![user_id, after, limit], item)?;
                rows.collect()
            })
            .await
    }

    async fn insert(&self, job: &ScheduledJob) -> Result<Written, Failure> {
        let job = Row::of(job, Change::Create)?;
        self.write(("store a new job", Wakes::Changes), move |db| {
            let sql =
                "INSERT OR IGNORE INTO jobs (user_id, job_id, rev, item) VALUES (?1, ?2, ?3, ?4)";
            let done = db.prepare_cached(sql)?.execute(params![
                job.user_id,
                job.job_id,
                job.rev,
                job.item
            ])?;
            job.counted(db, done)?;
            job.told(db, done)
        })
        .await
    }

    async fn replace(&self, job: &ScheduledJob, rev: u64) -> Result<Written, Failure> {
        let job = Row::of(job, Change::Modify)?;
        self.write(("store a job", Wakes::Changes), move |db| {
            let sql = "UPDATE jobs SET rev = ?3, item = ?4
                       WHERE user_id = ?1 AND job_id = ?2 AND rev = ?5";
            let done = db.prepare_cached(sql)?.execute(params![
                job.user_id,
                job.job_id,
                job.rev,
                job.item,
                key(rev)
            ])?;
            job.told(db, done)
        })
        .await
    }

    async fn remove(&self, wanted: &JobKey) -> Result<Option<Item>, Failure> {
        let wanted = wanted.clone();
        let event = event(&wanted, Change::Remove)?;
        self.write(("remove a job", Wakes::Changes), move |db| {
            let sql = "DELETE FROM jobs WHERE user_id = ?1 AND job_id = ?2 RETURNING item";
            let removed = db
                .prepare_cached(sql)?
                .query_row(params![wanted.user_id, key(wanted.job_id)], item)
                .optional()?;
            if removed.is_some() {
                event.tell(db)?;
            }
            Ok(removed)
        })
        .await
    }

    async fn claim_id(&self, user_id: &str) -> Result<Option<u64>, Failure> {
        if let Some(next) = self.ids().get_mut(user_id) {
            return Ok(Some(take(next)));
        }
        let wanted = user_id.to_owned();
        let stored = self.db.read("claim a job id", move |db| {
            let sql = "SELECT next FROM counters WHERE user_id = ?1";
            db.prepare_cached(sql)?.query_row([wanted], id).optional()
        });
        let Some(stored) = stored.await? else { return Ok(None) };
        // Whoever read it at the same time may have claimed it first.
        Ok(Some(take(self.ids().entry(user_id.to_owned()).or_insert(stored))))
    }

    async fn start_ids(&self, user_id: &str, first: u64) -> Result<Written, Failure> {
        let user_id = user_id.to_owned();
        self.write(("start a counter of job ids", Wakes::Nobody), move |db| {
            let sql = "INSERT OR IGNORE INTO counters (user_id, next) VALUES (?1, ?2)";
            Ok(written(db.prepare_cached(sql)?.execute(params![user_id, key(first)])?))
        })
        .await
    }

    async fn highest_id(&self, user_id: &str) -> Result<Option<u64>, Failure> {
        let user_id = user_id.to_owned();
        let highest = self
            .db
            .read("find the highest job id", move |db| {
                let sql = "SELECT max(job_id) FROM jobs WHERE user_id = ?1";
                db.prepare_cached(sql)?.query_row([user_id], |row| row.get::<_, Option<i64>>(0))
            })
            .await?;
        Ok(highest.and_then(|id| u64::try_from(id).ok()))
    }
}

/// Ids are given out in memory: nobody waits for the disk twice to make a job. The file's counter
/// follows with the job itself, in one transaction, so an id that became a job is never given
/// again. One that did not, because the process ended or the disk was full, was nobody's.
fn take(next: &mut u64) -> u64 {
    let id = *next;
    *next = id.saturating_add(1);
    id
}

fn id(row: &rusqlite::Row<'_>) -> Sql<u64> {
    let id: i64 = row.get(0)?;
    Ok(id.unsigned_abs())
}

fn stored(db: &Connection, wanted: &JobKey) -> Sql<Option<Item>> {
    let sql = "SELECT item FROM jobs WHERE user_id = ?1 AND job_id = ?2";
    let mut query = db.prepare_cached(sql)?;
    query.query_row(params![wanted.user_id, key(wanted.job_id)], item).optional()
}

fn item(row: &rusqlite::Row<'_>) -> Sql<Item> {
    let text = row.get_ref(0)?.as_str()?;
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into())
    })
}

fn written(rows: usize) -> Written {
    match rows {
        0 => Written::Refused,
        _ => Written::Done,
    }
}

/// A job as it is written, with its event.
struct Row {
    user_id: String,
    job_id: i64,
    rev: i64,
    item: String,
    event: Event,
}

impl Row {
    fn of(job: &ScheduledJob, change: fn(Map<String, Value>) -> Change) -> Result<Self, Failure> {
        let item = wire_json(&job.to_map()).map_err(|error| Failure::new("write a job", error))?;
        Ok(Self {
            event: event(&job.key(), change(job.tick().into_map()))?,
            user_id: job.user_id.clone(),
            job_id: key(job.job_id),
            rev: key(job.rev),
            item,
        })
    }

    /// Raises the user's counter past a new job.
    fn counted(&self, db: &Connection, rows: usize) -> Sql<()> {
        if rows > 0 {
            let sql = "UPDATE counters SET next = ?2 WHERE user_id = ?1 AND next < ?2";
            let next = self.job_id.saturating_add(1);
            db.prepare_cached(sql)?.execute(params![self.user_id, next])?;
        }
        Ok(())
    }

    /// Leaves the event where the job was written.
    fn told(&self, db: &Connection, rows: usize) -> Sql<Written> {
        if rows > 0 {
            self.event.tell(db)?;
        }
        Ok(written(rows))
    }
}

impl Store {
    fn ids(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the table's stream would send.
struct Event {
    group: String,
    body: String,
}

impl Event {
    fn tell(&self, db: &Connection) -> Sql<()> {
        enqueue(db, &self.group, &self.body)
    }
}

fn event(key: &JobKey, change: Change) -> Result<Event, Failure> {
    let scheduler_id = key.to_string();
    let group = schedule_name(&scheduler_id);
    let change = SchedulerChange { scheduler_id, change, timestamp: None };
    let body = wire_json(&change).map_err(|error| Failure::new("write a change", error))?;
    Ok(Event { group, body })
}
