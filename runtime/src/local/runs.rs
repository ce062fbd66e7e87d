//! Runs: ticks on their way to consumers, and what became of them.

use super::db::Wakes;
use super::store::{Store, key, wall_ms};
use super::subscriptions::Subscriptions;
use crate::ports::{Distribution, Failure, Item, RunLog};
use rusqlite::{Connection, OptionalExtension, Result as Sql, Row, params};
use scheduler_contract::{JobKey, ScheduledJob, wire_json};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::PoisonError;

/// Runs that are removed in one transaction.
const PRUNED_AT_ONCE: usize = 1000;
/// The characters that are kept of what all attempts of a run printed.
const OUTPUT_MAX: i64 = 100_000;

/// A tick that is to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The run.
    pub run: i64,
    /// The job's id.
    pub job_id: i64,
    /// The message's id, the same at every attempt.
    pub message_id: String,
    /// The tick as JSON.
    pub body: String,
    /// The how-manieth attempt this is, from 1.
    pub attempt: u32,
    /// When it was sent, real epoch milliseconds.
    pub sent_ms: i64,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The run.
    pub run: i64,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Real epoch milliseconds.
    pub started_ms: i64,
    /// Real epoch milliseconds.
    pub ended_ms: i64,
    /// Why it failed.
    pub error: Option<String>,
    /// The last lines that the consumer printed; what earlier attempts left stays before them.
    pub output: String,
}

/// What becomes of a run after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Succeeded,
    /// It is tried again.
    Retry {
        /// Not before, real epoch milliseconds.
        visible_at_ms: i64,
    },
    /// It is not tried again; the tick stays with it.
    Dead,
}

/// A run that begins its life.
pub(super) struct NewRun {
    pub(super) user_id: String,
    pub(super) job_id: i64,
    pub(super) job_type: String,
    pub(super) body: String,
    pub(super) due: i64,
}

impl NewRun {
    /// One a consumer; where there is none, one that says so.
    pub(super) fn insert(
        &self,
        db: &Connection,
        subscriptions: &Subscriptions,
        now_ms: i64,
    ) -> Sql<()> {
        let consumers = subscriptions.of(&self.job_type);
        if consumers.is_empty() {
            return self.unconsumed(db, now_ms);
        }
        let sql = "INSERT INTO runs
                   (user_id, job_id, job_type, consumer, due, body, state, created_ms)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', ?7)";
        let mut insert = db.prepare_cached(sql)?;
        let Self { user_id, job_id, job_type, body, due } = self;
        consumers.iter().try_for_each(|consumer| {
            let row = params![user_id, job_id, job_type, consumer, due, body, now_ms];
            insert.execute(row).map(drop)
        })
    }

    fn unconsumed(&self, db: &Connection, now_ms: i64) -> Sql<()> {
        let sql = "INSERT INTO runs
                   (user_id, job_id, job_type, due, state, created_ms, ended_ms, error)
                   VALUES (?1, ?2, ?3, ?4, 'unconsumed', ?5, ?5, ?6)";
        let Self { user_id, job_id, job_type, due, .. } = self;
        let error = format!("nothing on this machine consumes `{job_type}`");
        db.prepare_cached(sql)?
            .execute(params![user_id, job_id, job_type, due, now_ms, error])
            .map(drop)
    }
}

impl Distribution for Store {
    async fn publish(&self, job: &ScheduledJob, now: i64) -> Result<(), Failure> {
        const ACTION: &str = "run a job";
        let body = wire_json(&job.tick()).map_err(|error| Failure::new(ACTION, error))?;
        let run = NewRun {
            user_id: job.user_id.clone(),
            job_id: key(job.job_id),
            job_type: job.job_type.clone(),
            body,
            due: now,
        };
        let subscriptions = self.subscriptions();
        self.write((ACTION, Wakes::Runs), move |db| run.insert(db, &subscriptions, wall_ms())).await
    }
}

impl Store {
    /// The next ticks of a consumer that wait and are visible at `now_ms`. They count as under way
    /// until they are settled or released; a new start of the process releases them too.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub async fn take(
        &self,
        consumer: &str,
        limit: usize,
        now_ms: i64,
    ) -> Result<Vec<Delivery>, Failure> {
        let consumer = consumer.to_owned();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut taken = self
            .write(("take waiting ticks", Wakes::Nobody), move |db| {
                let sql = "UPDATE runs SET state = 'running', started_ms = ?2 WHERE run_id IN
                           (SELECT run_id FROM runs WHERE consumer = ?1
                            AND state IN ('waiting', 'retrying', 'running')
                            AND state <> 'running' AND visible_at_ms <= ?2
                            ORDER BY visible_at_ms, run_id LIMIT ?3)
                           RETURNING run_id, body, attempt, created_ms, job_id";
                let mut query = db.prepare_cached(sql)?;
                let rows = query.query_map(params![consumer, now_ms, limit], delivery)?;
                rows.collect::<Sql<Vec<_>>>()
            })
            .await?;
        taken.sort_by_key(|delivery| delivery.run);
        Ok(taken)
    }

    /// A consumer gets these ticks now, real epoch milliseconds. Said in memory alone: what is under
    /// way ends with the process.
    pub fn begin(&self, runs: &[i64], now_ms: i64) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.extend(runs.iter().map(|run| (*run, now_ms)));
    }

    fn begun(&self) -> BTreeMap<i64, i64> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_over(&self, runs: impl Iterator<Item = i64>) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        for run in runs {
            begun.remove(&run);
        }
    }

    /// When the next tick of a consumer that waits for another try is visible, epoch milliseconds.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub async fn next_visible(&self, consumer: &str) -> Result<Option<i64>, Failure> {
        let consumer = consumer.to_owned();
        self.db
            .read("find the next tick", move |db| {
                let sql = "SELECT min(visible_at_ms) FROM runs
                           WHERE consumer = ?1 AND state IN ('waiting', 'retrying', 'running')
                           AND state <> 'running'";
                db.prepare_cached(sql)?.query_row([consumer], |row| row.get(0))
            })
            .await
    }

    /// Writes down how attempts ended; of a run that was handed back or settled meanwhile, nothing.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub async fn settle(&self, settled: Vec<Settled>) -> Result<(), Failure> {
        if settled.is_empty() {
            return Ok(());
        }
        let over: Vec<i64> = settled.iter().map(|one| one.run).collect();
        self.write(("write down how runs ended", Wakes::Runs), move |db| {
            settled.iter().try_for_each(|one| settle(db, one))
        })
        .await?;
        self.is_over(over.into_iter());
        Ok(())
    }

    /// Gives ticks back that were taken and not begun, or not ended: no attempt is counted.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub async fn release(&self, runs: &[i64]) -> Result<(), Failure> {
        self.is_over(runs.iter().copied());
        let runs = runs.to_vec();
        self.write(("hand ticks back", Wakes::Runs), move |db| {
            let sql = "UPDATE runs SET state = 'waiting', started_ms = NULL
                       WHERE run_id = ?1 AND state = 'running'";
            let mut update = db.prepare_cached(sql)?;
            runs.iter().try_for_each(|run| update.execute([run]).map(drop))
        })
        .await
    }

    /// Gives back whatever of a consumer is under way; for the moment before anything of it is.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub async fn release_all(&self, consumer: &str) -> Result<(), Failure> {
        let consumer = consumer.to_owned();
        self.write(("hand ticks back", Wakes::Runs), move |db| {
            let sql = "UPDATE runs SET state = 'waiting', started_ms = NULL
                       WHERE consumer = ?1 AND state IN ('waiting', 'retrying', 'running')
                       AND state = 'running'";
            db.prepare_cached(sql)?.execute([consumer]).map(drop)
        })
        .await
    }

    /// Removes runs that ended before this, real epoch milliseconds; answers how many.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub async fn prune(&self, before_ms: i64) -> Result<usize, Failure> {
        let mut pruned = 0;
        loop {
            let gone = self
                .write(("remove old runs", Wakes::Nobody), move |db| {
                    let sql = "DELETE FROM runs WHERE run_id IN (SELECT run_id FROM runs
                               WHERE ended_ms < ?1 AND state IN ('succeeded', 'failed', 'unconsumed')
                               LIMIT ?2)";
                    let limit = i64::try_from(PRUNED_AT_ONCE).unwrap_or(i64::MAX);
                    db.prepare_cached(sql)?.execute([before_ms, limit])
                })
                .await?;
            pruned += gone;
            if gone < PRUNED_AT_ONCE {
                return Ok(pruned);
            }
        }
    }
}

fn delivery(row: &Row<'_>) -> Sql<Delivery> {
    let run: i64 = row.get(0)?;
    let attempts: u32 = row.get(2)?;
    Ok(Delivery {
        run,
        job_id: row.get(4)?,
        message_id: format!("00000000-0000-4000-8000-{run:012x}"),
        body: row.get(1)?,
        attempt: attempts + 1,
        sent_ms: row.get(3)?,
    })
}

fn settle(db: &Connection, settled: &Settled) -> Sql<()> {
    let Settled { run, outcome, started_ms, ended_ms, error, output } = settled;
    let (state, visible_at_ms) = match outcome {
        Outcome::Succeeded => ("succeeded", 0),
        Outcome::Retry { visible_at_ms } => ("retrying", *visible_at_ms),
        Outcome::Dead => ("failed", 0),
    };
    let sql = "UPDATE runs SET state = ?2, visible_at_ms = ?3, attempt = attempt + 1,
               started_ms = ?4, ended_ms = ?5, error = ?6,
               output = trim(substr(coalesce(output, '') || char(10) || ?7, -?8), char(10)),
               body = CASE ?2 WHEN 'succeeded' THEN NULL ELSE body END
               WHERE run_id = ?1 AND state = 'running'";
    let row = params![run, state, visible_at_ms, started_ms, ended_ms, error, output, OUTPUT_MAX];
    db.prepare_cached(sql)?.execute(row).map(drop)
}

const RUN: &str =
    "SELECT run_id, due, started_ms, ended_ms, state, attempt, consumer, error, output
                   FROM runs WHERE user_id = ?1 AND job_id = ?2 ORDER BY run_id DESC LIMIT ?3";

impl RunLog for Store {
    async fn runs(&self, wanted: &JobKey, limit: usize) -> Result<Option<Vec<Item>>, Failure> {
        let wanted = wanted.clone();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let begun = self.begun();
        let read = self.db.scan("read a job's runs", move |db| {
            let mut query = db.prepare_cached(RUN)?;
            let wanted = params![wanted.user_id, key(wanted.job_id), limit];
            let rows = query.query_map(wanted, |row| run(row, &begun))?;
            rows.collect()
        });
        read.await.map(Some)
    }

    async fn latest(&self, user_id: &str, job_ids: &[u64]) -> Result<BTreeMap<u64, Item>, Failure> {
        let (user_id, job_ids) = (user_id.to_owned(), job_ids.to_vec());
        let begun = self.begun();
        self.db
            .scan("read the latest runs", move |db| {
                let mut query = db.prepare_cached(RUN)?;
                let mut latest = BTreeMap::new();
                for id in job_ids {
                    let wanted = params![user_id, key(id), 1];
                    let found = query.query_row(wanted, |row| run(row, &begun)).optional()?;
                    latest.extend(found.map(|run| (id, run)));
                }
                Ok(latest)
            })
            .await
    }
}

/// A run as the API shows it: times are epoch seconds.
pub(super) fn run(row: &Row<'_>, begun: &BTreeMap<i64, i64>) -> Sql<Item> {
    let (mut started, mut ended): (Option<i64>, Option<i64>) = (row.get(2)?, row.get(3)?);
    let (mut state, attempt): (String, i64) = (row.get(4)?, row.get(5)?);
    if state == "running" {
        (started, ended) = (begun.get(&row.get(0)?).copied(), None);
        if started.is_none() {
            // It was taken, and waits for its turn in this process.
            state = if attempt == 0 { "waiting" } else { "retrying" }.to_owned();
        }
    }
    let took = started.zip(ended).map(|(started, ended)| ended - started);
    let mut run = Map::new();
    let mut put = |name: &str, value: Value| run.insert(name.to_owned(), value);
    put("run_id", json!(row.get::<_, i64>(0)?));
    put("due", json!(row.get::<_, i64>(1)?));
    put("started_at", seconds(started));
    put("ended_at", seconds(ended));
    put("duration_ms", json!(took));
    put("state", json!(state));
    put("attempt", json!(attempt));
    put("consumer", json!(row.get::<_, Option<String>>(6)?));
    put("error", json!(row.get::<_, Option<String>>(7)?));
    put("output", json!(row.get::<_, Option<String>>(8)?.unwrap_or_default()));
    Ok(run)
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit into 53 bits")]
fn seconds(milliseconds: Option<i64>) -> Value {
    milliseconds.map_or(Value::Null, |ms| json!(ms as f64 / 1000.0))
}
