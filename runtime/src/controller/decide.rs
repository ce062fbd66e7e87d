//! What a schedule has to be, from the item alone: pure.

use crate::job_types::JobTypes;
use crate::ports::Item;
use scheduler_contract::{FieldError, JobKey, Rate, RateError, ScheduledJob, wire_json};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The largest input of a schedule, bytes (API reference, `Target.Input`).
const INPUT_MAX: usize = 262_144;

/// How long a tick that could not be published is tried again, seconds (API reference,
/// `RetryPolicy.MaximumEventAgeInSeconds`).
const RETRY_AGE: std::ops::RangeInclusive<i64> = 60..=86_400;

/// What all schedules of a deployment point at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Target {
    /// The distribution topic.
    pub topic_arn: String,
    /// The role that publishes to it.
    pub role_arn: String,
    /// A standard queue for ticks that could not be published.
    pub dead_letter_arn: String,
}

/// A schedule as it has to be, but for the moment of its first run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WantedSchedule {
    /// Its name in the group.
    pub name: String,
    /// `rate(...)`
    pub expression: String,
    /// Whether it fires.
    pub enabled: bool,
    /// The tick as JSON.
    pub input: String,
    /// How long an unpublished tick is tried again, seconds.
    pub retry_seconds: i64,
    /// What it points at.
    pub target: Target,
    /// The item's revision.
    #[serde(skip)]
    pub rev: u64,
    /// The job's interval.
    #[serde(skip)]
    pub rate: Rate,
    /// Where the job's interval is counted from, epoch seconds, if known.
    #[serde(skip)]
    pub anchor: Option<i64>,
}

/// What to do with a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScheduleAction {
    /// Make it equal to this.
    Put(Box<WantedSchedule>),
    /// See that there is none of this name.
    Delete(String),
}

/// A job that no schedule can be made of; it stays so until somebody changes it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Poison {
    /// A core field is missing or wrong.
    #[error("the job's {0}")]
    Field(#[from] FieldError),
    /// `sleep_time` is out of range.
    #[error("the job's {0}")]
    Rate(#[from] RateError),
    /// No installed plugin defines the type.
    #[error("no plugin defines the job type `{0}`")]
    UnknownType(String),
    /// The tick does not fit into a schedule.
    #[error("the job is {0} bytes as JSON, at most {INPUT_MAX} fit into a schedule")]
    Oversized(usize),
}

impl Poison {
    /// Whether it is known what the job wants, but for what cannot be done: then a schedule of an
    /// earlier revision must not go on as if nothing had happened.
    pub(crate) fn is_read(&self) -> bool {
        !matches!(self, Self::Field(_))
    }
}

/// What the controller knows of its deployment.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The known job types.
    pub types: JobTypes,
    /// What schedules point at.
    pub target: Target,
}

/// What to do about the schedule of `key`, whose item is `item`.
///
/// # Errors
/// Where the item can never become a schedule.
pub fn decide(
    key: &JobKey,
    item: Option<Item>,
    deployment: &Deployment,
) -> Result<ScheduleAction, Poison> {
    let Some(item) = item else {
        return Ok(ScheduleAction::Delete(key.schedule_name()));
    };
    let job = ScheduledJob::from_map(item)?;
    if !deployment.types.contains(&job.job_type) {
        return Err(Poison::UnknownType(job.job_type));
    }
    let rate = Rate::from_seconds(job.sleep_time)?;
    Ok(ScheduleAction::Put(Box::new(WantedSchedule {
        name: key.schedule_name(),
        expression: rate.expression(),
        enabled: job.enabled,
        input: input(&job)?,
        retry_seconds: retry_seconds(rate),
        target: deployment.target.clone(),
        rev: job.rev,
        rate,
        anchor: job.anchor,
    })))
}

fn input(job: &ScheduledJob) -> Result<String, Poison> {
    // A tick is a flat object of JSON values: printing it cannot fail.
    let input = wire_json(&job.tick()).unwrap_or_default();
    if (1..=INPUT_MAX).contains(&input.len()) {
        Ok(input)
    } else {
        Err(Poison::Oversized(input.len()))
    }
}

/// A tick is worth no more tries once the next one is due.
pub(crate) fn retry_seconds(rate: Rate) -> i64 {
    rate.interval_seconds().clamp(*RETRY_AGE.start(), *RETRY_AGE.end())
}

impl WantedSchedule {
    /// `rev=<n> h=<12 hex digits>`: the item's revision, and a hash of everything but the phase.
    #[must_use]
    pub fn description(&self) -> String {
        let state = serde_json::to_string(self).unwrap_or_default();
        let mut description = format!("rev={} h=", self.rev);
        for byte in Sha256::digest(state.as_bytes()).iter().take(6) {
            // Writing to a string cannot fail.
            let _ = write!(description, "{byte:02x}");
        }
        description
    }

    /// The next run: the next one of the job's own phase, so that an edit neither fires a job nor
    /// shifts it, and a schedule that was lost, or left out by a destroy, goes on where it was.
    #[must_use]
    pub fn start(&self, now: i64) -> i64 {
        next_run(&self.name, self.rate, (self.anchor, now))
    }
}

/// The next run of a job in its own phase, by the name of its schedule. Where it knows no phase, an
/// item of the original, it is always the same: with another one at each update, an update a day
/// would keep a job that runs once in two days from ever running. It is spread by the name, or all of
/// them would run at once.
pub(crate) fn next_run(name: &str, rate: Rate, (anchor, now): (Option<i64>, i64)) -> i64 {
    let spread = || {
        let digest = Sha256::digest(name.as_bytes());
        let number = digest.iter().take(4).fold(0, |sum, byte| sum * 256 + i64::from(*byte));
        number % rate.interval_seconds()
    };
    rate.next_after(anchor.unwrap_or_else(spread), now)
}
