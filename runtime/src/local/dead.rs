//! Dead letters: ticks that failed at every attempt, and changes that can never be applied.

use super::changes::enqueue;
use super::db::Wakes;
use super::runs::run;
use super::store::{Store, wall_ms};
use crate::ports::{Failure, Item};
use rusqlite::{Connection, OptionalExtension, Result as Sql, Row, params};
use scheduler_contract::{JobKey, SchedulerChange};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What the id of a change begins with; a tick's is the number of its run.
const CHANGE: &str = "change-";

const TICKS: &str = "
    SELECT run_id, due, started_ms, ended_ms, state, attempt, consumer, error, output,
           job_id, job_type
    FROM runs WHERE user_id = ?1 AND state = 'failed' ORDER BY run_id LIMIT ?2";

/// What waits for a consumer that is not there: it is given up, and its tick stays with it.
const ABANDON: &str = "
    UPDATE runs SET state = 'failed', visible_at_ms = 0, ended_ms = ?2, error = ?3
    WHERE consumer = ?1 AND state IN ('waiting', 'retrying', 'running')";

/// A tick begins anew, with all of its attempts; what the earlier ones left stays to be read.
const TICK_AGAIN: &str = "
    UPDATE runs SET state = 'waiting', attempt = 0, visible_at_ms = 0, started_ms = NULL,
                    ended_ms = NULL
    WHERE run_id = ?1 AND user_id = ?2 AND state = 'failed'";

impl Store {
    /// What was given up of a user's, the oldest first: ticks as runs are shown, with `job_id` and
    /// `job_type`, then changes; each with an `id`, a `kind` and an `error`.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub async fn dead(&self, user_id: &str, limit: usize) -> Result<Vec<Item>, Failure> {
        let user_id = user_id.to_owned();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.db
            .scan("read dead letters", move |db| {
                let mut dead = ticks(db, &user_id, limit)?;
                dead.extend(changes(db, &user_id, limit)?);
                Ok(dead)
            })
            .await
    }

    /// Gives up what waits for consumers that nobody has subscribed: their plugins are gone, or have
    /// other names. Answers how many ticks that were, by consumer.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub async fn abandon(&self) -> Result<BTreeMap<String, usize>, Failure> {
        let subscriptions = self.subscriptions();
        self.write(("give up ticks that nobody consumes", Wakes::Nobody), move |db| {
            let sql = "SELECT DISTINCT consumer FROM runs
                       WHERE state IN ('waiting', 'retrying', 'running')";
            let mut query = db.prepare_cached(sql)?;
            let rows = query.query_map([], |row| row.get::<_, String>(0))?;
            let consumers = rows.collect::<Sql<Vec<_>>>()?;
            let gone = consumers.into_iter().filter(|consumer| !subscriptions.has(consumer));
            let abandon = |consumer: String| {
                let why = not_installed(&consumer);
                let row = params![consumer, wall_ms(), why];
                Ok((consumer.clone(), db.prepare_cached(ABANDON)?.execute(row)?))
            };
            gone.map(abandon).collect()
        })
        .await
    }

    /// Tries a dead letter once more.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub async fn revive(&self, user_id: &str, id: &str) -> Result<Revived, Failure> {
        const ACTION: &str = "try a dead letter again";
        let user_id = user_id.to_owned();
        if let Some(message_id) = id.strip_prefix(CHANGE) {
            let message_id = message_id.to_owned();
            let again = move |db: &Connection| change_again(db, &user_id, &message_id);
            return self.write((ACTION, Wakes::Changes), again).await;
        }
        let Ok(run_id) = id.parse::<i64>() else { return Ok(Revived::Unknown) };
        let subscriptions = self.subscriptions();
        self.write((ACTION, Wakes::Runs), move |db| {
            let sql = "SELECT consumer FROM runs
                       WHERE run_id = ?1 AND user_id = ?2 AND state = 'failed'";
            let wanted = params![run_id, user_id];
            let consumer = db.prepare_cached(sql)?.query_row(wanted, |row| row.get::<_, String>(0));
            match consumer.optional()? {
                None => Ok(Revived::Unknown),
                Some(gone) if !subscriptions.has(&gone) => Ok(Revived::Not(not_installed(&gone))),
                Some(_) => {
                    db.prepare_cached(TICK_AGAIN)?.execute(wanted)?;
                    Ok(Revived::Done)
                }
            }
        })
        .await
    }
}

/// What came of a wish to try a dead letter again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revived {
    /// It is on its way.
    Done,
    /// The user has none of this id.
    Unknown,
    /// It would be given up at once, and this is why.
    Not(String),
}

fn not_installed(consumer: &str) -> String {
    format!("the plugin `{consumer}`, which consumes this tick, is not installed")
}

fn ticks(db: &Connection, user_id: &str, limit: i64) -> Sql<Vec<Item>> {
    let none = BTreeMap::new();
    let mut query = db.prepare_cached(TICKS)?;
    let rows = query.query_map(params![user_id, limit], |row| {
        let mut tick = run(row, &none)?;
        let id: i64 = row.get(0)?;
        tick.insert("id".to_owned(), json!(id.to_string()));
        tick.insert("kind".to_owned(), json!("tick"));
        tick.insert("job_id".to_owned(), json!(row.get::<_, i64>(9)?));
        tick.insert("job_type".to_owned(), json!(row.get::<_, String>(10)?));
        Ok(tick)
    })?;
    rows.collect()
}

fn changes(db: &Connection, user_id: &str, limit: i64) -> Sql<Vec<Item>> {
    let sql = "SELECT message_id, body, reason FROM dead_letters
               ORDER BY CAST(message_id AS INTEGER)";
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map([], |row| change(row, user_id))?;
    let all = rows.collect::<Sql<Vec<_>>>()?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(all.into_iter().flatten().take(limit).collect())
}

/// `None`: somebody else's.
fn change(row: &Row<'_>, user_id: &str) -> Sql<Option<Item>> {
    let (message_id, body, reason): (String, String, String) =
        (row.get(0)?, row.get(1)?, row.get(2)?);
    let job = subject(&body).filter(|job| job.user_id == user_id);
    Ok(job.map(|job| {
        let job_type = serde_json::from_str::<SchedulerChange>(&body).ok();
        let job_type =
            job_type.and_then(|told| told.change.scheduled_job()?.get("job_type").cloned());
        Item::from_iter([
            ("id".to_owned(), json!(format!("{CHANGE}{message_id}"))),
            ("kind".to_owned(), json!("change")),
            ("job_id".to_owned(), json!(job.job_id)),
            ("job_type".to_owned(), job_type.unwrap_or(Value::Null)),
            ("error".to_owned(), json!(reason)),
        ])
    }))
}

/// The job that a change tells of.
fn subject(body: &str) -> Option<JobKey> {
    let change: SchedulerChange = serde_json::from_str(body).ok()?;
    change.scheduler_id.parse().ok()
}

/// Back to its queue, at the end: the controller reads the job as it is then.
fn change_again(db: &Connection, user_id: &str, message_id: &str) -> Sql<Revived> {
    let sql = "DELETE FROM dead_letters WHERE message_id = ?1 RETURNING message_group, body";
    let mut letters = {
        let mut query = db.prepare_cached("SELECT body FROM dead_letters WHERE message_id = ?1")?;
        let rows = query.query_map([message_id], |row| row.get::<_, String>(0))?;
        rows.collect::<Sql<Vec<_>>>()?
    };
    letters.retain(|body| subject(body).is_some_and(|job| job.user_id == user_id));
    if letters.is_empty() {
        return Ok(Revived::Unknown);
    }
    let (group, body) = db
        .prepare_cached(sql)?
        .query_row([message_id], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    enqueue(db, &group, &body)?;
    Ok(Revived::Done)
}
