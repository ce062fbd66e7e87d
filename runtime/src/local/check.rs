//! Whether everything that the file holds fits together.

use super::store::Store;
use crate::ports::Failure;
use rusqlite::{Connection, Result as Sql};
use scheduler_contract::Rate;
use serde_json::Value;
use std::collections::BTreeMap;

/// How much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Jobs.
    pub jobs: i64,
    /// Schedules.
    pub schedules: i64,
    /// Changes that nobody has applied yet.
    pub changes: i64,
    /// Ticks that wait, are under way, or are to be tried again.
    pub waiting: i64,
    /// Changes that can never be applied.
    pub dead_letters: i64,
}

impl Store {
    /// How much there is.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub async fn counts(&self) -> Result<Counts, Failure> {
        self.db
            .read("count", |db| {
                let count =
                    |sql: &str| db.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0));
                Ok(Counts {
                    jobs: count("SELECT count(*) FROM jobs")?,
                    schedules: count("SELECT count(*) FROM schedules")?,
                    changes: count("SELECT count(*) FROM changes")?,
                    waiting: count(
                        "SELECT count(*) FROM runs
                         WHERE state IN ('waiting', 'retrying') OR state = 'running'",
                    )?,
                    dead_letters: count("SELECT count(*) FROM dead_letters")?,
                })
            })
            .await
    }

    /// What does not fit together, a line each; none: the file is whole, every job has its
    /// schedule, and every schedule its job.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub async fn check(&self) -> Result<Vec<String>, Failure> {
        self.db
            .read("check the database", |db| {
                let mut differences = integrity(db)?;
                differences.extend(drift(db)?);
                Ok(differences)
            })
            .await
    }
}

fn integrity(db: &Connection) -> Sql<Vec<String>> {
    let mut query = db.prepare("PRAGMA integrity_check")?;
    let lines = query.query_map([], |row| row.get::<_, String>(0))?.collect::<Sql<Vec<_>>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

type Key = (String, i64);

/// Minutes between two runs, and whether there are any.
type Rhythm = (u32, bool);

fn drift(db: &Connection) -> Sql<Vec<String>> {
    let jobs = jobs(db)?;
    let mut schedules = schedules(db)?;
    let mut differences = Vec::new();
    for (key, wanted) in jobs {
        let (user, id) = &key;
        match schedules.remove(&key) {
            None => differences.push(format!("job {id} of `{user}` has no schedule")),
            Some(found) if found != wanted => {
                differences.push(format!("the schedule of job {id} of `{user}` is not up to date"));
            }
            Some(_) => {}
        }
    }
    differences.extend(
        schedules
            .into_keys()
            .map(|(user, id)| format!("there is a schedule, but no job {id} of `{user}`")),
    );
    Ok(differences)
}

fn jobs(db: &Connection) -> Sql<BTreeMap<Key, Rhythm>> {
    let mut query = db.prepare("SELECT user_id, job_id, item FROM jobs")?;
    let rows = query.query_map([], |row| {
        let item: Value = serde_json::from_str(row.get_ref(2)?.as_str()?).unwrap_or_default();
        let seconds = item.get("sleep_time").and_then(Value::as_u64).unwrap_or_default();
        let minutes = Rate::from_seconds(seconds).map_or(0, Rate::minutes);
        let enabled = item.get("enabled") != Some(&Value::Bool(false));
        Ok(((row.get(0)?, row.get(1)?), (minutes, enabled)))
    })?;
    rows.collect()
}

fn schedules(db: &Connection) -> Sql<BTreeMap<Key, Rhythm>> {
    let mut query = db.prepare("SELECT user_id, job_id, minutes, enabled FROM schedules")?;
    let rows =
        query.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?))))?;
    rows.collect()
}
