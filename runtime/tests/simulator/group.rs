//! The schedules of one group: as EventBridge Scheduler refuses and answers.

use crate::firing::Pace;
use crate::world::{Ports, World};
use scheduler_contract::SCHEDULE_NAME_MAX;
use scheduler_runtime::controller::WantedSchedule;
use scheduler_runtime::ports::{
    Created, Failure, Found, ListedSchedule, Made, Part, ScheduleReader, Schedules,
    StandingSchedule,
};
use std::collections::BTreeMap;

/// Entries of one part of a list.
const PAGE: usize = 4;

#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(crate) schedules: BTreeMap<String, StandingSchedule>,
    /// When each was made.
    pub(crate) made: BTreeMap<String, i64>,
    /// When each fires.
    pub(crate) paces: BTreeMap<String, Pace>,
    /// How often a write of this schedule still fails.
    pub(crate) failing: BTreeMap<String, u32>,
    /// Nothing can be written.
    pub(crate) is_down: bool,
}

pub(crate) fn standing(wanted: &WantedSchedule, start: Option<i64>, now: i64) -> StandingSchedule {
    StandingSchedule {
        description: wanted.description(),
        expression: wanted.expression.clone(),
        enabled: wanted.enabled,
        input: wanted.input.clone(),
        retry_seconds: Some(wanted.retry_seconds),
        topic_arn: wanted.target.topic_arn.clone(),
        role_arn: wanted.target.role_arn.clone(),
        dead_letter_arn: Some(wanted.target.dead_letter_arn.clone()),
        start,
        modified: Some(now),
        foreign: Vec::new(),
    }
}

impl Ports {
    fn usable(&self, name: &str) -> Result<(), Failure> {
        valid(name)?;
        let mut world = self.world();
        if world.group.is_down {
            return Err(Failure::new("use a schedule", "ServiceUnavailableException"));
        }
        match world.group.failing.get_mut(name) {
            Some(left) if *left > 0 => {
                *left -= 1;
                Err(Failure::new("use a schedule", "InternalServerException"))
            }
            _ => Ok(()),
        }
    }

    /// Refused where another writer is at the same schedule.
    fn uncontended(&self) -> Result<(), Failure> {
        let mut world = self.world();
        let contended = world.faults.contended;
        match world.random.permille(contended) {
            true => Err(Failure::new("use a schedule", "ConflictException")),
            false => Ok(()),
        }
    }
}

fn valid(name: &str) -> Result<(), Failure> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match (1..=SCHEDULE_NAME_MAX).contains(&name.len()) && name.chars().all(allowed) {
        true => Ok(()),
        false => Err(Failure::new("use a schedule", format!("ValidationException: `{name}`"))),
    }
}

impl World {
    fn set(&mut self, wanted: &WantedSchedule, start: Option<i64>) {
        let standing = standing(wanted, start, self.now);
        self.note(|| format!("schedules: {} = {standing:?}", wanted.name));
        self.group.schedules.insert(wanted.name.clone(), standing);
        self.pace(&wanted.name, wanted.rate.interval_seconds(), start);
    }
}

impl Schedules for Ports {
    async fn made(&self, name: &str) -> Result<Option<Made>, Failure> {
        self.usable(name)?;
        let name = name.to_owned();
        self.call("look when a schedule was made", move |world| {
            let StandingSchedule { start, modified, .. } = *world.group.schedules.get(&name)?;
            let at = world.group.made.get(&name).copied().or(Some(0));
            Some(Made { at, modified, start })
        })
        .await
    }

    async fn update(&self, wanted: &WantedSchedule, start: Option<i64>) -> Result<Found, Failure> {
        self.usable(&wanted.name)?;
        self.uncontended()?;
        let wanted = wanted.clone();
        self.slow_call("update a schedule", move |world| {
            if !world.group.schedules.contains_key(&wanted.name) {
                return Found::No;
            }
            world.set(&wanted, start);
            Found::Yes
        })
        .await
    }

    async fn create(
        &self,
        wanted: &WantedSchedule,
        start: Option<i64>,
    ) -> Result<Created, Failure> {
        self.usable(&wanted.name)?;
        let wanted = wanted.clone();
        self.slow_call("create a schedule", move |world| {
            if world.group.schedules.contains_key(&wanted.name) {
                return Created::Exists;
            }
            world.group.made.insert(wanted.name.clone(), world.now);
            world.group.paces.remove(&wanted.name);
            world.set(&wanted, start);
            Created::Done
        })
        .await
    }

    async fn delete(&self, name: &str) -> Result<Found, Failure> {
        self.usable(name)?;
        self.uncontended()?;
        let name = name.to_owned();
        self.slow_call("delete a schedule", move |world| {
            world.note(|| format!("schedules: {name} deleted"));
            world.group.paces.remove(&name);
            match world.group.schedules.remove(&name) {
                Some(_) => Found::Yes,
                None => Found::No,
            }
        })
        .await
    }
}

impl ScheduleReader for Ports {
    async fn list(
        &self,
        prefix: &str,
        next: Option<&str>,
    ) -> Result<Part<ListedSchedule>, Failure> {
        let (prefix, next) = (prefix.to_owned(), next.map(str::to_owned));
        self.call("list schedules", move |world| {
            let matching = world.group.schedules.iter().filter(|(name, _)| {
                name.starts_with(&prefix) && next.as_ref().is_none_or(|next| *name > next)
            });
            let entries: Vec<_> = matching.take(PAGE).map(listed).collect();
            let next = entries.last().filter(|_| entries.len() == PAGE);
            Part { next: next.map(|last| last.name.clone()), entries }
        })
        .await
    }

    async fn get(&self, name: &str) -> Result<Option<StandingSchedule>, Failure> {
        let name = name.to_owned();
        self.call("look at a schedule", move |world| world.group.schedules.get(&name).cloned())
            .await
    }
}

fn listed((name, standing): (&String, &StandingSchedule)) -> ListedSchedule {
    ListedSchedule {
        name: name.clone(),
        enabled: standing.enabled,
        topic_arn: standing.topic_arn.clone(),
        modified: standing.modified,
    }
}
