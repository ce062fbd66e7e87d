//! Table, queue and schedules in memory: they answer at once, and never fail.

use scheduler_contract::JobKey;
use scheduler_runtime::controller::WantedSchedule;
use scheduler_runtime::ports::{
    ChangeQueue, Created, DeadLetter, DeadLetters, Failure, Found, Item, JobReader, JobScan,
    ListedSchedule, Made, Part, QueuedChange, Refusal, ScheduleReader, Schedules, StandingSchedule,
};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Schedules of one part of a list, as many as AWS gives.
const LISTED: usize = 100;
/// Items of one part of a scan, as many as the adapter asks for.
const SCANNED: usize = 1_000;

/// What there is.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) now: i64,
    pub(crate) items: BTreeMap<JobKey, Item>,
    pub(crate) schedules: BTreeMap<String, StandingSchedule>,
    pub(crate) queue: Vec<QueuedChange>,
    pub(crate) letters: Vec<DeadLetter>,
}

/// Every port, to the same world.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<World>>);

impl Memory {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    pub(crate) fn put(&mut self, wanted: &WantedSchedule, start: Option<i64>) {
        let standing = StandingSchedule {
            description: wanted.description(),
            expression: wanted.expression.clone(),
            enabled: wanted.enabled,
            input: wanted.input.clone(),
            retry_seconds: Some(wanted.retry_seconds),
            topic_arn: wanted.target.topic_arn.clone(),
            role_arn: wanted.target.role_arn.clone(),
            dead_letter_arn: Some(wanted.target.dead_letter_arn.clone()),
            start,
            modified: Some(self.now),
            foreign: Vec::new(),
        };
        self.schedules.insert(wanted.name.clone(), standing);
    }
}

impl JobReader for Memory {
    async fn read(&self, key: &JobKey) -> Result<Option<Item>, Failure> {
        Ok(self.world().items.get(key).cloned())
    }
}

impl JobScan for Memory {
    async fn scan(&self, next: Option<&str>) -> Result<Part<Item>, Failure> {
        let after = next.map(str::parse::<JobKey>).transpose();
        let after = after.map_err(|error| Failure::new("go on with a scan", error))?;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let world = self.world();
        let mut rest = world.items.range((from, Bound::Unbounded));
        let mut last = None;
        let some = rest.by_ref().take(SCANNED).inspect(|(key, _)| last = Some(*key));
        let entries = some.map(|(_, item)| item.clone()).collect();
        let next = last.filter(|_| rest.next().is_some()).map(ToString::to_string);
        Ok(Part { entries, next })
    }
}

impl ChangeQueue for Memory {
    async fn send(&self, changes: &[QueuedChange]) -> Result<Vec<Refusal>, Failure> {
        self.world().queue.extend_from_slice(changes);
        Ok(Vec::new())
    }
}

impl DeadLetters for Memory {
    async fn bury(&self, letter: &DeadLetter) -> Result<(), Failure> {
        self.world().letters.push(letter.clone());
        Ok(())
    }
}

impl Schedules for Memory {
    /// All of them were made long ago.
    async fn made(&self, name: &str) -> Result<Option<Made>, Failure> {
        let start = self.world().schedules.get(name).map(|standing| standing.start);
        Ok(start.map(|start| Made { at: Some(0), modified: Some(0), start }))
    }

    async fn update(&self, wanted: &WantedSchedule, start: Option<i64>) -> Result<Found, Failure> {
        let mut world = self.world();
        if !world.schedules.contains_key(&wanted.name) {
            return Ok(Found::No);
        }
        world.put(wanted, start);
        Ok(Found::Yes)
    }

    async fn create(
        &self,
        wanted: &WantedSchedule,
        start: Option<i64>,
    ) -> Result<Created, Failure> {
        let mut world = self.world();
        if world.schedules.contains_key(&wanted.name) {
            return Ok(Created::Exists);
        }
        world.put(wanted, start);
        Ok(Created::Done)
    }

    async fn delete(&self, name: &str) -> Result<Found, Failure> {
        let gone = self.world().schedules.remove(name);
        Ok(gone.map_or(Found::No, |_| Found::Yes))
    }
}

impl ScheduleReader for Memory {
    async fn list(
        &self,
        prefix: &str,
        next: Option<&str>,
    ) -> Result<Part<ListedSchedule>, Failure> {
        let from = match next {
            Some(next) => Bound::Excluded(next),
            None => Bound::Included(prefix),
        };
        let world = self.world();
        let matching = world.schedules.range::<str, _>((from, Bound::Unbounded));
        let mut rest = matching.take_while(|(name, _)| name.starts_with(prefix));
        let entries: Vec<_> = rest.by_ref().take(LISTED).map(listed).collect();
        let is_more = rest.next().is_some();
        let next = entries.last().filter(|_| is_more).map(|last| last.name.clone());
        Ok(Part { entries, next })
    }

    async fn get(&self, name: &str) -> Result<Option<StandingSchedule>, Failure> {
        Ok(self.world().schedules.get(name).cloned())
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
