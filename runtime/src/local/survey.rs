//! Table and schedules of a data folder, to be held against each other as those of a deployed env
//! are, and the way in for what is to be mended: beside a server that runs, or without one.
//!
//! In: a folder. Out: the reconciler's ports, all answers as of one moment. Deliberately absent: any
//! judgement of what differs.

use super::changes::enqueue;
use super::open::{DATABASE, OpenError, read_only, unusable, writable};
use super::schedules::REALIGN;
use crate::controller::{Target, WantedSchedule, retry_seconds};
use crate::ports::{
    ChangeQueue, Failure, Item, JobReader, JobScan, ListedSchedule, Part, QueuedChange, Refusal,
    ScheduleReader, StandingSchedule,
};
use rusqlite::{Connection, OptionalExtension, Result as Sql, Row, params};
use scheduler_contract::{JobKey, Rate, Tick};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Rows of one part of a list.
const PART: i64 = 1000;

/// A data folder as it is at one moment. Clones share the moment.
#[derive(Debug, Clone)]
pub struct Survey {
    db: Arc<Mutex<Connection>>,
    target: Target,
}

/// The changes of a data folder, for whoever has something mended.
#[derive(Debug)]
pub struct Mending {
    db: Mutex<Connection>,
}

fn database(folder: &Path) -> Result<PathBuf, OpenError> {
    let path = folder.join(DATABASE);
    if path.is_file() {
        return Ok(path);
    }
    let detail = "no local system has run there".to_owned();
    Err(OpenError::Io { path, detail })
}

fn lock(db: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    db.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Survey {
    /// Of this folder; its schedules point at `target`, for one process has one of each.
    ///
    /// # Errors
    /// A folder that holds no store, or one that cannot be read.
    pub fn open(folder: &Path, target: Target) -> Result<Self, OpenError> {
        let path = database(folder)?;
        let db = read_only(&path)?;
        // The moment is that of the first read.
        let begun = db.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema");
        begun.map_err(|error| unusable(&path, &error))?;
        Ok(Self { db: Arc::new(Mutex::new(db)), target })
    }

    /// How many changes nobody has applied yet.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn waiting(&self) -> Result<u64, Failure> {
        self.read("count changes", |db| {
            let count = db.query_row("SELECT count(*) FROM changes", [], |row| row.get(0));
            count.map(|count: i64| count.unsigned_abs())
        })
    }

    /// What SQLite finds wrong with the file, a line each.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn damage(&self) -> Result<Vec<String>, Failure> {
        self.read("check the database", super::check::integrity)
    }

    fn read<T>(
        &self,
        action: &'static str,
        op: impl FnOnce(&Connection) -> Sql<T>,
    ) -> Result<T, Failure> {
        op(&lock(&self.db)).map_err(|error| Failure::new(action, error))
    }
}

impl JobReader for Survey {
    async fn read(&self, key: &JobKey) -> Result<Option<Item>, Failure> {
        let sql = "SELECT user_id, job_id, item FROM jobs WHERE user_id = ?1 AND job_id = ?2";
        let wanted = params![key.user_id, super::store::key(key.job_id)];
        self.read("read a job", |db| db.query_row(sql, wanted, item).optional())
    }
}

impl JobScan for Survey {
    async fn scan(&self, next: Option<&str>) -> Result<Part<Item>, Failure> {
        // Nothing comes before no user.
        let after = next.and_then(|next| next.parse().ok());
        let JobKey { user_id, job_id } =
            after.unwrap_or(JobKey { user_id: String::new(), job_id: 0 });
        let entries = self.read("read jobs", |db| {
            let sql = "SELECT user_id, job_id, item FROM jobs WHERE (user_id, job_id) > (?1, ?2)
                       ORDER BY user_id, job_id LIMIT ?3";
            let mut query = db.prepare_cached(sql)?;
            let after = params![user_id, super::store::key(job_id), PART];
            query.query_map(after, item)?.collect::<Sql<Vec<Item>>>()
        })?;
        let is_full = i64::try_from(entries.len()).is_ok_and(|count| count == PART);
        let last = entries.last().filter(|_| is_full).and_then(|last| {
            let user_id = last.get("user_id")?.as_str()?.to_owned();
            Some(JobKey { user_id, job_id: last.get("job_id")?.as_u64()? }.to_string())
        });
        Ok(Part { entries, next: last })
    }
}

/// One that is no JSON is a job nevertheless, which nothing can be made of.
fn item(row: &Row<'_>) -> Sql<Item> {
    let text: String = row.get(2)?;
    match serde_json::from_str(&text) {
        Ok(item) => Ok(item),
        Err(_) => Ok(Map::from_iter([
            ("user_id".to_owned(), json!(row.get::<_, String>(0)?)),
            ("job_id".to_owned(), json!(row.get::<_, i64>(1)?)),
        ])),
    }
}

impl ScheduleReader for Survey {
    async fn list(
        &self,
        prefix: &str,
        next: Option<&str>,
    ) -> Result<Part<ListedSchedule>, Failure> {
        let entries = self.read("list schedules", |db| {
            let sql = "SELECT name, enabled FROM schedules
                       WHERE name >= ?1 AND name > ?2 AND substr(name, 1, length(?1)) = ?1
                       ORDER BY name LIMIT ?3";
            let mut query = db.prepare_cached(sql)?;
            let rows = query.query_map(params![prefix, next.unwrap_or_default(), PART], |row| {
                let topic_arn = self.target.topic_arn.clone();
                // When it was written, nobody writes down.
                let modified = None;
                let (name, enabled) = (row.get(0)?, row.get(1)?);
                Ok(ListedSchedule { name, enabled, topic_arn, modified })
            })?;
            rows.collect::<Sql<Vec<_>>>()
        })?;
        let is_full = i64::try_from(entries.len()).is_ok_and(|count| count == PART);
        let next = entries.last().filter(|_| is_full).map(|last| last.name.clone());
        Ok(Part { entries, next })
    }

    async fn get(&self, name: &str) -> Result<Option<StandingSchedule>, Failure> {
        self.read("read a schedule", |db| {
            let sql = "SELECT user_id, job_id, job_type, rev, minutes, enabled, input, anchor,
                              next_fire,
                              (SELECT item FROM jobs WHERE jobs.user_id = schedules.user_id
                               AND jobs.job_id = schedules.job_id)
                       FROM schedules WHERE name = ?1";
            let mut query = db.prepare_cached(sql)?;
            query.query_row([name], |row| self.standing(name, row)).optional()
        })
    }
}

impl Survey {
    /// As AWS would show it: what it cannot show there stands among what is foreign.
    fn standing(&self, name: &str, row: &Row<'_>) -> Sql<StandingSchedule> {
        let (minutes, enabled, input): (i64, bool, String) =
            (row.get(4)?, row.get(5)?, row.get(6)?);
        let rate = Rate::from_seconds(minutes.unsigned_abs().saturating_mul(60)).ok();
        let next_fire: i64 = row.get(8)?;
        let rev: i64 = row.get(3)?;
        let wanted = rate.map(|rate| WantedSchedule {
            name: name.to_owned(),
            expression: rate.expression(),
            enabled,
            input: input.clone(),
            retry_seconds: retry_seconds(rate),
            target: self.target.clone(),
            rev: rev.unsigned_abs(),
            rate,
            anchor: None,
        });
        Ok(StandingSchedule {
            description: wanted.as_ref().map(WantedSchedule::description).unwrap_or_default(),
            expression: wanted.as_ref().map_or_else(
                || format!("rate({minutes} minutes)"),
                |wanted| wanted.expression.clone(),
            ),
            retry_seconds: wanted.map(|wanted| wanted.retry_seconds),
            enabled,
            foreign: foreign(row, &input)?,
            input,
            topic_arn: self.target.topic_arn.clone(),
            role_arn: self.target.role_arn.clone(),
            dead_letter_arn: Some(self.target.dead_letter_arn.clone()),
            // One that does not fire has no next run; 0: at once.
            start: (enabled && next_fire > 0).then_some(next_fire),
            modified: None,
        })
    }
}

/// What its columns say otherwise than its tick, and than the job's own phase.
fn foreign(row: &Row<'_>, input: &str) -> Sql<Vec<&'static str>> {
    let (user_id, job_id, job_type): (String, i64, String) =
        (row.get(0)?, row.get(1)?, row.get(2)?);
    let (anchor, item): (Option<i64>, Option<String>) = (row.get(7)?, row.get(9)?);
    let mut foreign = Vec::new();
    if let Ok(tick) = serde_json::from_str::<Tick>(input) {
        if (tick.user_id, super::store::key(tick.job_id)) != (user_id, job_id) {
            foreign.push("the owner");
        }
        if tick.job_type != job_type {
            foreign.push("the job type");
        }
    }
    let item = item.and_then(|item| serde_json::from_str::<Value>(&item).ok());
    let own = item.and_then(|item| item.get("anchor")?.as_i64());
    if own.is_some_and(|own| anchor != Some(own)) {
        foreign.push("the phase");
    }
    Ok(foreign)
}

impl Mending {
    /// Of this folder, whoever has it in use.
    ///
    /// # Errors
    /// A folder that holds no store, or one that cannot be written.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let db = writable(&database(folder)?)?;
        Ok(Self { db: Mutex::new(db) })
    }

    /// Brings back what is due later than after one interval from now, epoch seconds of the jobs'
    /// clock.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn realign(&self, now: i64) -> Result<(), Failure> {
        let done = lock(&self.db).execute(REALIGN, [now]);
        done.map(drop).map_err(|error| Failure::new("bring schedules back", error))
    }
}

impl ChangeQueue for Mending {
    async fn send(&self, changes: &[QueuedChange]) -> Result<Vec<Refusal>, Failure> {
        let sent = {
            let mut db = lock(&self.db);
            insert(&mut db, changes)
        };
        sent.map_err(|error| Failure::new("tell of changes", error))?;
        Ok(Vec::new())
    }
}

fn insert(db: &mut Connection, changes: &[QueuedChange]) -> Sql<()> {
    let all = db.transaction()?;
    for change in changes {
        enqueue(&all, &change.group, &change.body)?;
    }
    all.commit()
}
