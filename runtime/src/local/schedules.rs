//! Schedules, and what becomes of them when they are due.

use super::db::Wakes;
use super::runs::NewRun;
use super::store::{Store, key, wall_ms};
use super::subscriptions::Subscriptions;
use crate::controller::WantedSchedule;
use crate::ports::{Created, Failure, Found, Made, Schedules};
use rusqlite::{Connection, Result as Sql, params};
use scheduler_contract::{Rate, Tick};
use std::sync::atomic::Ordering;

/// Due before any moment: a schedule that fires at once.
const AT_ONCE: i64 = 0;

/// Makes a schedule equal to what is wanted.
///
/// Here it is known whether a run has happened, so `start` (?10) is asked only where the phase is
/// another: in the same one an edit neither takes an overdue run away nor repeats one, and a resume
/// goes on with the first moment that is not past. In another phase what is overdue still runs:
/// `start` is the first moment after now, so what lies a whole interval before it has been due.
const UPDATE: &str = "
    UPDATE schedules SET user_id = ?2, job_id = ?3, job_type = ?4, rev = ?5, minutes = ?6,
        enabled = ?7, input = ?8,
        anchor = CASE WHEN minutes = ?6 THEN coalesce(?9, anchor) ELSE ?9 END,
        next_fire = CASE
            WHEN minutes = ?6 AND coalesce(?9, anchor) IS anchor
                THEN CASE WHEN enabled = 1 THEN next_fire ELSE max(next_fire, ?10) END
            WHEN enabled = 1 AND next_fire <= ?10 - ?6 * 60 THEN next_fire
            ELSE ?10
        END
    WHERE name = ?1";

/// Brings a schedule that lies further ahead than its interval back to its first moment after now
/// (?1), in its own phase; a paused one too, which goes on from there.
pub(super) const REALIGN: &str = "
    UPDATE schedules
    SET next_fire = next_fire - (next_fire - ?1 - 1) / (minutes * 60) * (minutes * 60)
    WHERE next_fire > ?1 + minutes * 60";

impl Schedules for Store {
    async fn made(&self, name: &str) -> Result<Option<Made>, Failure> {
        let name = name.to_owned();
        self.db
            .read("look at a schedule", move |db| {
                let sql = "SELECT 1 FROM schedules WHERE name = ?1";
                let is_there = db.prepare_cached(sql)?.exists([name])?;
                Ok(is_there.then_some(Made { at: None, modified: None, start: None }))
            })
            .await
    }

    async fn update(&self, wanted: &WantedSchedule, start: Option<i64>) -> Result<Found, Failure> {
        let row = Row::of(wanted)?;
        self.write(("change a schedule", Wakes::Schedules), move |db| {
            row.write(db, UPDATE, start.unwrap_or(AT_ONCE)).map(found)
        })
        .await
    }

    async fn create(
        &self,
        wanted: &WantedSchedule,
        start: Option<i64>,
    ) -> Result<Created, Failure> {
        let row = Row::of(wanted)?;
        self.write(("make a schedule", Wakes::Schedules), move |db| {
            let sql = "INSERT OR IGNORE INTO schedules
                       (name, user_id, job_id, job_type, rev, minutes, enabled, input, anchor, next_fire)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
            Ok(match row.write(db, sql, start.unwrap_or(AT_ONCE))? {
                0 => Created::Exists,
                _ => Created::Done,
            })
        })
        .await
    }

    async fn delete(&self, name: &str) -> Result<Found, Failure> {
        let name = name.to_owned();
        self.write(("remove a schedule", Wakes::Nobody), move |db| {
            db.prepare_cached("DELETE FROM schedules WHERE name = ?1")?.execute([name]).map(found)
        })
        .await
    }
}

fn found(rows: usize) -> Found {
    match rows {
        0 => Found::No,
        _ => Found::Yes,
    }
}

struct Row {
    wanted: WantedSchedule,
    tick: Tick,
}

impl Row {
    fn of(wanted: &WantedSchedule) -> Result<Self, Failure> {
        let tick = serde_json::from_str(&wanted.input);
        let tick = tick.map_err(|error| Failure::new("read a schedule's tick", error))?;
        Ok(Self { wanted: wanted.clone(), tick })
    }

    fn write(&self, db: &Connection, sql: &str, next_fire: i64) -> Sql<usize> {
        let Self { wanted, tick } = self;
        db.prepare_cached(sql)?.execute(params![
            wanted.name,
            tick.user_id,
            key(tick.job_id),
            tick.job_type,
            key(wanted.rev),
            wanted.rate.minutes(),
            wanted.enabled,
            wanted.input,
            wanted.anchor,
            next_fire,
        ])
    }
}

/// A schedule that is due.
struct Due {
    name: String,
    run: NewRun,
    minutes: u32,
    anchor: Option<i64>,
}

impl Store {
    /// When the next schedule is due, epoch seconds of the jobs' clock.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub async fn next_due(&self) -> Result<Option<i64>, Failure> {
        self.db
            .read("find the next due job", |db| {
                let sql = "SELECT min(next_fire) FROM schedules WHERE enabled = 1";
                db.prepare_cached(sql)?.query_row([], |row| row.get(0))
            })
            .await
    }

    /// Fires what is due at `now`, the longest overdue first, at most `limit`: a run a consumer,
    /// and the schedule's next moment, in one transaction. What was missed while nothing ran fires
    /// once, not once an interval. Answers how many fired.
    ///
    /// A clock that was ahead in an earlier life, or is set back, silences no job: what is due
    /// later than after one interval is brought back.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub async fn fire(&self, now: i64, limit: usize) -> Result<usize, Failure> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let subscriptions = self.subscriptions();
        let was_ahead = now < self.last_fired.load(Ordering::Relaxed);
        let fired = self.write(("fire due jobs", Wakes::Runs), move |db| {
            if was_ahead {
                db.prepare_cached(REALIGN)?.execute([now])?;
            }
            let due = due(db, now, limit)?;
            due.iter().try_for_each(|one| fire(db, one, now, &subscriptions))?;
            Ok(due.len())
        });
        let fired = fired.await?;
        self.last_fired.store(now, Ordering::Relaxed);
        Ok(fired)
    }
}

fn due(db: &Connection, now: i64, limit: i64) -> Sql<Vec<Due>> {
    let sql = "SELECT name, user_id, job_id, job_type, input, next_fire, minutes, anchor
               FROM schedules WHERE enabled = 1 AND next_fire <= ?1 ORDER BY next_fire LIMIT ?2";
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map([now, limit], |row| {
        let next_fire: i64 = row.get(5)?;
        Ok(Due {
            name: row.get(0)?,
            run: NewRun {
                user_id: row.get(1)?,
                job_id: row.get(2)?,
                job_type: row.get(3)?,
                body: row.get(4)?,
                due: if next_fire == AT_ONCE { now } else { next_fire },
            },
            minutes: row.get(6)?,
            anchor: row.get(7)?,
        })
    })?;
    rows.collect()
}

fn fire(db: &Connection, due: &Due, now: i64, subscriptions: &Subscriptions) -> Sql<()> {
    due.run.insert(db, subscriptions, wall_ms())?;
    // A schedule without a phase of its own counts from its first run.
    let anchor = due.anchor.unwrap_or(now);
    let rate = Rate::from_seconds(u64::from(due.minutes) * 60);
    let next = rate.map_or(i64::MAX, |rate| rate.next_after(anchor, now));
    let sql = "UPDATE schedules SET next_fire = ?2, anchor = ?3 WHERE name = ?1";
    db.prepare_cached(sql)?.execute(params![due.name, next, anchor]).map(drop)
}
