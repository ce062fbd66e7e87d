//! Jobs against the schedules of a round: missing, wrong, stale, altered.

use super::compare::{Glance, Listed, SKEW, compare, glance, is_later};
use super::report::{Difference, Kind, Step};
use super::sweep::{AT_ONCE, Depth, Round, Sweep, Went};
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

/// A job that no schedule can be made of.
struct Stuck {
    what: String,
    /// Whether the controller removes what schedule it has.
    leaves_none: bool,
}

impl<J: JobScan, S: ScheduleReader, Q: ChangeQueue> Sweep<'_, J, S, Q> {
    /// One part of the table, in the order of the schedules' names, so that it can be gone on with
    /// where it was left. Only what a list cannot tell takes a call, some of them at a time.
    pub(super) async fn compare_jobs(
        &mut self,
        items: Vec<Item>,
        (round, step): (&mut Round, &mut Step),
    ) -> Result<Went, Failure> {
        let (next, done) = match &*step {
            Step::Jobs { next, after } => (next.clone(), after.clone()),
            Step::Orphans { .. } => return Ok(Went::Through),
        };
        let mut named: Vec<_> = items.into_iter().filter_map(named).collect();
        named.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let mut named = named.into_iter().peekable();
        let mut pairs = Vec::new();
        while let Some((name, named_item)) = named.next() {
            let is_done = done.as_ref().is_some_and(|done| name <= *done);
            match is_done {
                true => drop(round.seen(&name)),
                false => pairs.extend(self.first_look(&name, named_item, round)),
            }
            let is_enough = pairs.len() + self.outbox.waiting() >= AT_ONCE;
            if !is_enough && named.peek().is_some() {
                continue;
            }
            self.close_looks(std::mem::take(&mut pairs), round).await?;
            self.flush().await?;
            self.has_moved |= !is_done;
            *step = Step::Jobs { next: next.clone(), after: done.clone().max(Some(name)) };
            if named.peek().is_some() && self.has_moved && self.is_spent() {
                return Ok(Went::UpToTheLimits);
            }
        }
        Ok(Went::Through)
    }

    async fn close_looks(&mut self, pairs: Vec<Pair>, round: &Round) -> Result<(), Failure> {
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
    fn first_look(
        &mut self,
        name: &str,
        (id, item): (String, Item),
        round: &mut Round,
    ) -> Option<Pair> {
        if !round.range.contains(name) {
            return None;
        }
        self.report.jobs += 1;
        let listed = round.seen(name);
        let updated_at = item.get("updated_at").and_then(Value::as_i64);
        if updated_at.is_some_and(|updated| updated > round.listed_at - self.pass.grace) {
            self.report.recent += 1;
            return None;
        }
        let (key, wanted) = match self.wanted(&id, item) {
            Ok(wanted) => wanted,
            Err(stuck) => {
                self.note_unschedulable(name, (id, stuck), listed.is_some());
                return None;
            }
        };
        match listed.map(|listed| (glance(&wanted, updated_at, listed), listed)) {
            Some((Glance::Wrong(kind, what), _)) => self.found(kind, &key, what.to_owned()),
            Some((Glance::Same, listed)) if !self.is_chosen(name, listed, round) => {}
            listed => return Some(Pair { key, wanted, is_listed: listed.is_some() }),
        }
        None
    }

    /// What is left of its schedule goes: nobody wants what it fires. The controller leaves alone
    /// what it cannot read: asked again every hour, it would only add a dead letter.
    fn note_unschedulable(&mut self, name: &str, (id, stuck): (String, Stuck), is_listed: bool) {
        let Stuck { what, leaves_none } = stuck;
        let what = match (is_listed && leaves_none, id.parse::<JobKey>()) {
            (true, Ok(key)) => {
                self.outbox.look_at(&key);
                format!("{what}; it has a schedule of old")
            }
            _ => what,
        };
        let difference = Difference { schedule: name.to_owned(), job: Some(id), what };
        self.note(Kind::Unschedulable, difference);
    }

    fn wanted(&self, id: &str, item: Item) -> Result<(JobKey, WantedSchedule), Stuck> {
        let stuck = |what: String| Stuck { what, leaves_none: false };
        let key: JobKey = id.parse().map_err(|error| stuck(format!("the job's key: {error}")))?;
        match decide(&key, Some(item), &self.reconciler.deployment) {
            Ok(ScheduleAction::Put(wanted)) => Ok((key, *wanted)),
            // Nobody deletes the schedule of a job that is there.
            Ok(ScheduleAction::Delete(_)) => {
                Err(stuck("it was decided to have no schedule".to_owned()))
            }
            Err(poison) => Err(Stuck { what: poison.to_string(), leaves_none: poison.is_read() }),
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

/// A job's id and item, by the name of its schedule; `None` for what is no job: a counter.
fn named(item: Item) -> Option<(String, (String, Item))> {
    let id = scheduler_id(&item)?;
    Some((schedule_name(&id), (id, item)))
}

fn scheduler_id(item: &Item) -> Option<String> {
    match (item.get("user_id"), item.get("job_id")) {
        (Some(Value::String(user)), Some(Value::Number(id))) => {
            let id = id.to_string();
            (!id.starts_with('-')).then(|| format!("{user}-{id}"))
        }
        _ => None,
    }
}
