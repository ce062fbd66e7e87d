//! What the core asks of the outside, by role. Adapters: AWS, SQLite, and memory in tests.
//!
//! Deliberately absent: who may do what (each function is given only the ports that its role
//! allows) and retries (an adapter's own business).

use crate::controller::WantedSchedule;
use scheduler_contract::{JobKey, ScheduledJob};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::error::Error;
use std::future::Future;

/// An item of the table as a flat JSON object, not judged.
pub type Item = Map<String, Value>;

/// A call on a port that did not happen or whose end is unknown: worth another try.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action}")]
pub struct Failure {
    action: String,
    source: Box<dyn Error + Send + Sync>,
}

impl Failure {
    /// `action` completes "cannot ...".
    pub fn new(action: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { action: action.into(), source: source.into() }
    }

    /// The failure and all of its causes in one line.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut sentence = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            sentence.push_str(": ");
            sentence.push_str(&error.to_string());
            cause = error.source();
        }
        sentence
    }
}

/// How a conditional write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is stored.
    Done,
    /// Its condition did not hold; nothing was stored.
    Refused,
}

/// Reads one job.
pub trait JobReader {
    /// The item as of now, never an older one.
    fn read(&self, key: &JobKey) -> impl Future<Output = Result<Option<Item>, Failure>> + Send;
}

/// Keeps jobs and hands out their ids.
pub trait JobStore: JobReader {
    /// All jobs of a user, ordered by id.
    fn list(&self, user_id: &str) -> impl Future<Output = Result<Vec<Item>, Failure>> + Send;

    /// The first jobs of a user with an id greater than `after`, ordered by id, at most `limit`.
    fn page(
        &self,
        user_id: &str,
        after: Option<u64>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Item>, Failure>> + Send;

    /// Stores a new job; refused where its place is taken.
    fn insert(&self, job: &ScheduledJob) -> impl Future<Output = Result<Written, Failure>> + Send;

    /// Stores a job again; refused where it is gone or its revision is no longer `rev` (an absent
    /// revision counts as 0).
    fn replace(
        &self,
        job: &ScheduledJob,
        rev: u64,
    ) -> impl Future<Output = Result<Written, Failure>> + Send;

    /// Removes a job and answers it; `None` where there was none.
    fn remove(&self, key: &JobKey) -> impl Future<Output = Result<Option<Item>, Failure>> + Send;

    /// Takes the next id of a user's counter; `None` where the user has no counter yet.
    fn claim_id(&self, user_id: &str) -> impl Future<Output = Result<Option<u64>, Failure>> + Send;

    /// Starts a user's counter; refused where there is one.
    fn start_ids(
        &self,
        user_id: &str,
        first: u64,
    ) -> impl Future<Output = Result<Written, Failure>> + Send;

    /// The highest id among a user's jobs.
    fn highest_id(
        &self,
        user_id: &str,
    ) -> impl Future<Output = Result<Option<u64>, Failure>> + Send;
}

/// A change event on its way to the controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedChange {
    /// Message group: the schedule's name.
    pub group: String,
    /// Deduplication id: the stream's event id.
    pub deduplication_id: String,
    /// A [`scheduler_contract::SchedulerChange`] as JSON.
    pub body: String,
}

/// A change that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its position among those sent.
    pub position: usize,
    /// Why, in the queue's words.
    pub reason: String,
    /// Whether another try could end otherwise.
    pub outlook: Outlook,
}

/// Whether a refused change could be accepted yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// The queue cannot take it now.
    TryAgain,
    /// The queue never takes it as it is.
    ForGood,
}

/// The queue between stream and controller; keeps the order within a group.
pub trait ChangeQueue {
    /// Sends up to ten changes, 256 KiB together; answers those that were not accepted.
    fn send(
        &self,
        changes: &[QueuedChange],
    ) -> impl Future<Output = Result<Vec<Refusal>, Failure>> + Send;
}

/// How a call on a schedule that has to be there ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It was there, and the call is done.
    Yes,
    /// There is no such schedule (or no such group).
    No,
}

/// How making a schedule ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It is made.
    Done,
    /// One of that name was there.
    Exists,
    /// The group is missing: nothing of this deployment can work.
    NoGroup,
}

/// When a schedule was made and written, and when it fires first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// When it was made, epoch seconds; `None` where no update takes a run away that is due.
    pub at: Option<i64>,
    /// When it was last written, epoch seconds; that is `at` where it never was since. `None` where
    /// that is not known.
    pub modified: Option<i64>,
    /// Before this moment it does not fire, epoch seconds; `None`: it fires right away.
    pub start: Option<i64>,
}

/// The schedules of one group.
pub trait Schedules {
    /// When a schedule was made; `None` where there is none of this name (or no such group).
    fn made(&self, name: &str) -> impl Future<Output = Result<Option<Made>, Failure>> + Send;

    /// Makes an existing schedule equal to `wanted`; it next fires at `start`, epoch seconds, or at
    /// once.
    fn update(
        &self,
        wanted: &WantedSchedule,
        start: Option<i64>,
    ) -> impl Future<Output = Result<Found, Failure>> + Send;

    /// Makes a schedule, which first fires at `start`, epoch seconds, or at once.
    fn create(
        &self,
        wanted: &WantedSchedule,
        start: Option<i64>,
    ) -> impl Future<Output = Result<Created, Failure>> + Send;

    /// Removes a schedule.
    fn delete(&self, name: &str) -> impl Future<Output = Result<Found, Failure>> + Send;
}

/// A schedule as a list shows it: without its contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSchedule {
    /// Its name in the group.
    pub name: String,
    /// Whether it fires.
    pub enabled: bool,
    /// What it publishes to.
    pub topic_arn: String,
    /// When it was last written, epoch seconds, if known.
    pub modified: Option<i64>,
}

/// A schedule as it stands: everything that the controller sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingSchedule {
    /// See [`WantedSchedule::description`].
    pub description: String,
    /// `rate(...)`, or what somebody made of it.
    pub expression: String,
    /// Whether it fires.
    pub enabled: bool,
    /// What it publishes.
    pub input: String,
    /// How long an unpublished tick is tried again, seconds.
    pub retry_seconds: Option<i64>,
    /// What it publishes to.
    pub topic_arn: String,
    /// The role that publishes.
    pub role_arn: String,
    /// Where ticks go that could not be published.
    pub dead_letter_arn: Option<String>,
    /// Before this moment it does not fire, epoch seconds.
    pub start: Option<i64>,
    /// When it was last written, epoch seconds, if known.
    pub modified: Option<i64>,
    /// What it has and the controller never gives: names of attributes.
    pub foreign: Vec<&'static str>,
}

/// Part of a list, and where the rest begins: a text that only the same list understands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<T> {
    /// In whatever order.
    pub entries: Vec<T>,
    /// `None`: that was the last part.
    pub next: Option<String>,
}

/// Looks at the schedules of one group, and cannot change them.
pub trait ScheduleReader {
    /// Schedules whose names begin with `prefix`.
    fn list(
        &self,
        prefix: &str,
        next: Option<&str>,
    ) -> impl Future<Output = Result<Part<ListedSchedule>, Failure>> + Send;

    /// One schedule; `None` where there is none of this name.
    fn get(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<StandingSchedule>, Failure>> + Send;

    /// Lets so many seconds pass, for what is on its way to arrive. In memory nothing is.
    fn wait(&self, seconds: u64) -> impl Future<Output = ()> + Send {
        let _ = seconds;
        std::future::ready(())
    }
}

/// Walks over all jobs of all users.
pub trait JobScan: JobReader {
    /// A part of the table, as of now, of about a thousand items at most. What else the table keeps
    /// (counters, at ids below 0) may be among them.
    fn scan(&self, next: Option<&str>) -> impl Future<Output = Result<Part<Item>, Failure>> + Send;
}

/// Where the reconciler notes how far it came; the core gives a text and takes it back.
pub trait Bookmark {
    /// What was noted last.
    fn load(&self) -> impl Future<Output = Result<Option<String>, Failure>> + Send;

    /// Notes this instead.
    fn save(&self, text: &str) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Hands a tick to whoever consumes its type, besides every schedule.
pub trait Distribution {
    /// One tick of this job, now.
    fn publish(
        &self,
        job: &ScheduledJob,
        now: i64,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What is known of past runs, each a flat object. A deployment that records none says so.
pub trait RunLog {
    /// A job's runs, newest first, at most `limit`; `None` where none are recorded.
    fn runs(
        &self,
        key: &JobKey,
        limit: usize,
    ) -> impl Future<Output = Result<Option<Vec<Item>>, Failure>> + Send;

    /// The latest run of each of these jobs of a user, by job id.
    fn latest(
        &self,
        user_id: &str,
        job_ids: &[u64],
    ) -> impl Future<Output = Result<BTreeMap<u64, Item>, Failure>> + Send;
}

/// A deployment that records no runs.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRuns;

impl RunLog for NoRuns {
    async fn runs(&self, _key: &JobKey, _limit: usize) -> Result<Option<Vec<Item>>, Failure> {
        Ok(None)
    }

    async fn latest(
        &self,
        _user_id: &str,
        _job_ids: &[u64],
    ) -> Result<BTreeMap<u64, Item>, Failure> {
        Ok(BTreeMap::new())
    }
}

/// A message that can never be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Why.
    pub reason: String,
    /// The message as it came, so that a redrive sends what was sent.
    pub body: String,
    /// Its message group.
    pub group: String,
    /// Its message id.
    pub message_id: String,
}

/// Where messages go that can never be applied; somebody is alarmed.
pub trait DeadLetters {
    /// Puts one there, once a message id.
    fn bury(&self, letter: &DeadLetter) -> impl Future<Output = Result<(), Failure>> + Send;
}
