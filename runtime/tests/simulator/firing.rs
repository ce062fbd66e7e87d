//! Schedules fire: within a minute of their moments, and at once where they were made so. What runs
//! came of it, and whether a job's first one was taken away.

use crate::world::World;
use scheduler_contract::{JobKey, Tick};

/// A schedule fires within so many seconds of its moment.
const PRECISION: usize = 60;
/// A tick is under way for less than this, seconds.
const UNDER_WAY: usize = 30;
/// A first run comes so soon, seconds, after the last change that follows on its heels.
const SOON: i64 = 300;

/// The next moment of a schedule.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    /// Whose tick it is, where its input tells.
    key: Option<JobKey>,
    interval: i64,
    moment: i64,
    fires_at: i64,
    /// When it was last made to fire at once for the first time, if it has not fired since.
    first: Option<i64>,
}

/// A tick of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) key: JobKey,
    pub(crate) fired: i64,
    pub(crate) arrives: i64,
}

impl World {
    /// A schedule is made, or made anew: it fires at `start`, or at once.
    pub(crate) fn pace(&mut self, name: &str, interval: i64, start: Option<i64>) {
        let now = self.now;
        let is_made = !self.group.paces.contains_key(name);
        let schedule = self.group.schedules.get(name);
        let is_on = schedule.is_some_and(|schedule| schedule.enabled);
        let tick = schedule.and_then(|one| serde_json::from_str::<Tick>(&one.input).ok());
        let key = tick.map(|tick| JobKey { user_id: tick.user_id, job_id: tick.job_id });
        let owed = self.group.paces.get(name).and_then(|pace| pace.first);
        let first = match (owed, start) {
            _ if !is_on => None,
            (Some(_), None) => Some(now),
            (Some(_), Some(_)) => {
                self.broken.push(format!("an update took the first run of `{name}` away"));
                None
            }
            (None, None) => is_made.then_some(now),
            (None, Some(_)) => None,
        };
        // What is past goes on in its rhythm.
        let start = start.unwrap_or(now);
        let moment = if start >= now { start } else { now + (start - now).rem_euclid(interval) };
        let pace = Pace { key, interval, moment, fires_at: 0, first };
        let fires_at = self.some_time_after(moment, PRECISION);
        self.group.paces.insert(name.to_owned(), Pace { fires_at, ..pace });
    }

    /// Lets time pass; what is due fires.
    pub(crate) fn pass(&mut self, seconds: i64) {
        let end = self.now + seconds;
        while self.is_firing {
            let paces = self.group.paces.iter().filter(|(_, pace)| pace.fires_at <= end);
            let next = paces.min_by_key(|(_, pace)| pace.fires_at);
            let Some((name, pace)) = next.map(|(name, pace)| (name.clone(), pace.clone())) else {
                break;
            };
            self.now = self.now.max(pace.fires_at);
            self.fire(&name, pace);
        }
        self.now = end;
    }

    fn fire(&mut self, name: &str, pace: Pace) {
        let Some(schedule) = self.group.schedules.get(name) else {
            self.group.paces.remove(name);
            return;
        };
        let is_on = schedule.enabled;
        if let (true, Some(key)) = (is_on, pace.key.clone()) {
            let fired = self.now;
            let arrives = self.some_time_after(fired, UNDER_WAY);
            self.runs.push(Run { key, fired, arrives });
        }
        if pace.first.is_some_and(|since| is_on && self.now > since + SOON) {
            self.broken.push(format!("`{name}` fired for the first time long after it was to"));
        }
        let moment = pace.moment + pace.interval;
        let fires_at = self.some_time_after(moment, PRECISION).max(self.now);
        let first = pace.first.filter(|_| !is_on);
        self.group.paces.insert(name.to_owned(), Pace { moment, fires_at, first, ..pace });
    }

    fn some_time_after(&mut self, moment: i64, within: usize) -> i64 {
        moment + i64::try_from(self.random.below(within)).unwrap()
    }
}
