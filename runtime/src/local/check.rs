//! Whether everything that the file holds fits together.

use super::store::{Store, key};
use crate::ports::Failure;
use rusqlite::{Connection, OptionalExtension, Result as Sql, Row};
use scheduler_contract::{JobKey, Rate, ScheduledJob, wire_json};

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
            .scan("count", |db| {
                let count =
                    |sql: &str| db.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0));
                Ok(Counts {
                    jobs: count("SELECT count(*) FROM jobs")?,
                    schedules: count("SELECT count(*) FROM schedules")?,
                    changes: count("SELECT count(*) FROM changes")?,
                    waiting: count(
                        "SELECT count(*) FROM runs
                         WHERE state IN ('waiting', 'retrying', 'running')",
                    )?,
                    dead_letters: count("SELECT count(*) FROM dead_letters")?,
                })
            })
            .await
    }

    /// What does not fit together, a line each; none: the file is whole, no change waits, every job
    /// has exactly its schedule, and every schedule its job.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub async fn check(&self) -> Result<Vec<String>, Failure> {
        self.db.scan("check the database", everything).await
    }
}

fn everything(db: &Connection) -> Sql<Vec<String>> {
    Ok([integrity(db)?, pending(db)?, drift(db)?].concat())
}

pub(super) fn integrity(db: &Connection) -> Sql<Vec<String>> {
    let mut query = db.prepare("PRAGMA integrity_check")?;
    let lines = query.query_map([], |row| row.get::<_, String>(0))?.collect::<Sql<Vec<_>>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

fn pending(db: &Connection) -> Sql<Vec<String>> {
    let waiting: i64 = db.query_row("SELECT count(*) FROM changes", [], |row| row.get(0))?;
    Ok(match waiting {
        0 => Vec::new(),
        1 => vec!["1 change waits to be applied".to_owned()],
        more => vec![format!("{more} changes wait to be applied")],
    })
}

/// Jobs and schedules that do not fit together, a line each.
fn drift(db: &Connection) -> Sql<Vec<String>> {
    let mut differences = Vec::new();
    let mut jobs = db.prepare("SELECT user_id, job_id, item FROM jobs")?;
    let mut rows = jobs.query([])?;
    while let Some(row) = rows.next()? {
        differences.extend(of_job(db, row)?);
    }
    let mut schedules = db.prepare(
        "SELECT user_id, job_id, name, EXISTS (SELECT 1 FROM jobs
             WHERE jobs.user_id = schedules.user_id AND jobs.job_id = schedules.job_id)
         FROM schedules",
    )?;
    let mut rows = schedules.query([])?;
    while let Some(row) = rows.next()? {
        differences.extend(of_schedule(row)?);
    }
    Ok(differences)
}

/// A schedule as it stands or has to be: whose it is, minutes, whether it fires, revision, tick.
type Standing = (String, i64, u32, bool, i64, String);

fn of_job(db: &Connection, row: &Row<'_>) -> Sql<Option<String>> {
    let (user, id): (String, i64) = (row.get(0)?, row.get(1)?);
    let Some((name, wanted)) = wanted(row.get_ref(2)?.as_str()?) else {
        return Ok(Some(format!("job {id} of `{user}` cannot be read")));
    };
    let sql = "SELECT user_id, job_id, minutes, enabled, rev, input FROM schedules WHERE name = ?1";
    let found: Option<Standing> =
        db.prepare_cached(sql)?.query_row([name], |row| row.try_into()).optional()?;
    Ok(match found {
        None => Some(format!("job {id} of `{user}` has no schedule")),
        Some(found) if found != wanted => {
            Some(format!("the schedule of job {id} of `{user}` is not up to date"))
        }
        Some(_) => None,
    })
}

fn wanted(item: &str) -> Option<(String, Standing)> {
    let job: ScheduledJob = serde_json::from_str(item).ok()?;
    let minutes = Rate::from_seconds(job.sleep_time).ok()?.minutes();
    let input = wire_json(&job.tick()).ok()?;
    let name = job.key().schedule_name();
    Some((name, (job.user_id, key(job.job_id), minutes, job.enabled, key(job.rev), input)))
}

fn of_schedule(row: &Row<'_>) -> Sql<Option<String>> {
    let (user_id, id): (String, i64) = (row.get(0)?, row.get(1)?);
    let name: String = row.get(2)?;
    let has_job: bool = row.get(3)?;
    let key = JobKey { user_id, job_id: id.unsigned_abs() };
    let user = &key.user_id;
    let what = match has_job {
        false => format!("there is a schedule, but no job {id} of `{user}`"),
        true if key.schedule_name() != name => {
            format!("job {id} of `{user}` has a second schedule, `{name}`")
        }
        true => return Ok(None),
    };
    Ok(Some(what))
}
