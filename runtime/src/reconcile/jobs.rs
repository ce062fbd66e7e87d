//! Jobs against the schedules of a round: missing, wrong, stale, altered.

use super::compare::{Glance, Listed, SKEW, compare, glance, is_later};
use super::report::{Difference, Kind};
use super::sweep::{AT_ONCE, Depth, Round, Sweep};
use crate::controller::{ScheduleAction, WantedSchedule, decide};
use crate::ports::{ChangeQueue, Failure, Item, JobScan, ScheduleReader, StandingSchedule};
use futures_util::future::try_join_all;
use scheduler_contract::{JobKey, schedule_name};
use serde_json::Value;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A job whose schedule is worth a call.
struct Pair {
    key: JobKey,
    wanted: WantedSchedule,
    /// Whether it was in the list.
    is_listed: bool,
}

impl<J: JobScan, S: ScheduleReader, Q: ChangeQueue> Sweep<'_, J, S, Q> {
    pub(super) async fn compare_jobs(
        &mut self,
        items: Vec<Item>,
        round: &mut Round,
    ) -> Result<(), Failure> {
        let mut pairs = Vec::new();
        for item in items {
            pairs.extend(self.first_look(item, round));
        }
        for some in pairs.chunks(AT_ONCE) {
            self.report.calls.get += some.len() as u64;
            let schedules = &self.reconciler.schedules;
            let found = some.iter().map(|pair| schedules.get(&pair.wanted.name));
            for (pair, standing) in some.iter().zip(try_join_all(found).await?) {
                self.close_look(pair, standing, round);
            }
        }
        Ok(())
    }

    /// What the list tells; a pair where it cannot.
    fn first_look(&mut self, item: Item, round: &mut Round) -> Option<Pair> {
        let id = scheduler_id(&item)?;
        let name = schedule_name(&id);
        if !round.range.contains(&name) {
            return None;
        }
        self.report.jobs += 1;
        let listed = round.schedules.get_mut(name.as_str()).map(|listed| {
            listed.has_job = true;
            *listed
        });
        let updated_at = item.get("updated_at").and_then(Value::as_i64);
        if updated_at.is_some_and(|updated| updated > round.listed_at - self.pass.grace) {
            self.report.recent += 1;
            return None;
        }
        let (key, wanted) = match self.wanted(&id, item) {
            Ok(wanted) => wanted,
            Err(what) => {
                let difference = Difference { schedule: name, job: Some(id), what };
                self.note(Kind::Unschedulable, difference);
                return None;
            }
        };
        match listed.map(|listed| (glance(&wanted, updated_at, listed), listed)) {
            Some((Glance::Wrong(kind, what), _)) => self.found(kind, &key, what.to_owned()),
            Some((Glance::Same, listed)) if !self.is_chosen(&name, listed, round) => {}
            listed => return Some(Pair { key, wanted, is_listed: listed.is_some() }),
        }
        None
    }

    fn wanted(&self, id: &str, item: Item) -> Result<(JobKey, WantedSchedule), String> {
        let key: JobKey = id.parse().map_err(|error| format!("the job's key: {error}"))?;
        match decide(&key, Some(item), &self.reconciler.deployment) {
            Ok(ScheduleAction::Put(wanted)) => Ok((key, *wanted)),
            // Nobody deletes the schedule of a job that is there.
            Ok(ScheduleAction::Delete(_)) => Err("it was decided to have no schedule".to_owned()),
            Err(poison) => Err(poison.to_string()),
        }
    }

    fn is_chosen(&self, name: &str, listed: Listed, round: &Round) -> bool {
        let Depth::Sample { since, others } = self.pass.depth else { return true };
        if listed.modified.is_some_and(|modified| modified >= since - SKEW) {
            return true;
        }
        let mut hasher = DefaultHasher::new();
        (name, round.listed_at).hash(&mut hasher);
        let lot = hasher.finish() % (round.schedules.len().max(1) as u64);
        lot < others as u64
    }

    fn close_look(&mut self, pair: &Pair, standing: Option<StandingSchedule>, round: &Round) {
        let Some(standing) = standing else {
            match pair.is_listed {
                // It went since: so did its job, or the next pass will tell.
                true => self.report.recent += 1,
                false => self.found(Kind::Missing, &pair.key, "it has no schedule".to_owned()),
            }
            return;
        };
        self.report.compared += 1;
        match compare(&pair.wanted, &standing, self.now()) {
            None => {}
            Some(_) if is_later(&pair.wanted, &standing, round.listed_at) => {
                self.report.recent += 1;
            }
            Some((kind, what)) => self.found(kind, &pair.key, what),
        }
    }

    /// Notes a difference that the controller can mend.
    fn found(&mut self, kind: Kind, key: &JobKey, what: String) {
        let job = Some(key.to_string());
        self.note(kind, Difference { schedule: key.schedule_name(), job, what });
        self.outbox.look_at(key);
    }
}

/// `None` for what is no job: a counter.
fn scheduler_id(item: &Item) -> Option<String> {
    match (item.get("user_id"), item.get("job_id")) {
        (Some(Value::String(user)), Some(Value::Number(id))) => {
            let id = id.to_string();
            (!id.starts_with('-')).then(|| format!("{user}-{id}"))
        }
        _ => None,
    }
}
