//! What a pass found: counts, and a few examples of each kind.

use crate::ports::Failure;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;

/// Examples of each kind that a report keeps.
const EXAMPLES: usize = 10;

/// How table and schedules can disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A job has no schedule.
    Missing,
    /// A schedule has no job.
    Orphaned,
    /// It fires and should not, or the other way round.
    WrongState,
    /// It points at another topic, role or dead-letter queue than this deployment's.
    WrongTarget,
    /// It is that of an earlier revision of its job.
    Stale,
    /// Somebody changed it.
    Altered,
    /// No schedule can be made of the job; nothing mends that but a change of the job or of the
    /// installed plugins.
    Unschedulable,
}

impl Kind {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Missing,
        Self::Orphaned,
        Self::WrongState,
        Self::WrongTarget,
        Self::Stale,
        Self::Altered,
        Self::Unschedulable,
    ];

    /// In words, for a line with a count.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Orphaned => "orphaned",
            Self::WrongState => "in the wrong state",
            Self::WrongTarget => "with a wrong target",
            Self::Stale => "stale",
            Self::Altered => "altered by hand",
            Self::Unschedulable => "that cannot be scheduled",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The schedule's name.
    pub schedule: String,
    /// The job's `<user_id>-<job_id>`, where there is one to name.
    pub job: Option<String>,
    /// What is different, such as `the rate, the input`.
    pub what: String,
}

/// All differences of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Differences {
    /// How many.
    pub count: u64,
    /// The first ten.
    pub examples: Vec<Difference>,
}

/// Calls on the ports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Calls {
    /// Parts of the list of schedules.
    pub list: u64,
    /// Single schedules.
    pub get: u64,
    /// Parts of the table.
    pub scan: u64,
    /// Single jobs.
    pub read: u64,
    /// Sends of up to ten repairs.
    pub send: u64,
}

impl Calls {
    /// All together.
    #[must_use]
    pub fn total(&self) -> u64 {
        let Self { list, get, scan, read, send } = self;
        list + get + scan + read + send
    }
}

/// Where a pass goes on that was not finished.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The first name that is not done.
    pub(super) from: String,
    /// The end of the range of names that was begun.
    pub(super) to: Option<String>,
    pub(super) step: Step,
}

/// How far a range of names is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    /// Jobs up to here in the table; of the part that follows, those whose schedules are named up to
    /// `after`.
    Jobs {
        next: Option<String>,
        #[serde(default)]
        after: Option<String>,
    },
    /// All jobs; of the schedules without one, those up to this name.
    Orphans { after: Option<String> },
}

impl Default for Step {
    fn default() -> Self {
        Self::Jobs { next: None, after: None }
    }
}

/// How a pass ended.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// All jobs and all schedules were looked at.
    #[default]
    Done,
    /// Its limits were reached; it can go on from there.
    Limited(Cursor),
    /// A call failed; it can be tried again from there.
    Failed {
        /// Where to go on.
        at: Cursor,
        /// Why.
        #[serde(serialize_with = "sentence")]
        why: Failure,
    },
}

fn sentence<S: Serializer>(failure: &Failure, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&failure.sentence())
}

/// What a pass found.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Jobs looked at.
    pub jobs: u64,
    /// Schedules looked at.
    pub schedules: u64,
    /// Schedules of which every attribute was compared, not only what a list shows.
    pub compared: u64,
    /// Jobs and schedules passed over, for they changed just now.
    pub recent: u64,
    /// Schedules of which it could not be told whether they have a job; a pass that is not
    /// interrupted can.
    pub unclear: u64,
    /// What was found.
    pub differences: BTreeMap<Kind, Differences>,
    /// Changes sent to the controller.
    pub repairs: u64,
    /// What it took.
    pub calls: Calls,
    /// How it ended.
    pub end: End,
}

impl Report {
    pub(super) fn note(&mut self, kind: Kind, difference: Difference) {
        let differences = self.differences.entry(kind).or_default();
        differences.count += 1;
        if differences.examples.len() < EXAMPLES {
            differences.examples.push(difference);
        }
    }

    /// How many of a kind.
    #[must_use]
    pub fn count(&self, kind: Kind) -> u64 {
        self.differences.get(&kind).map_or(0, |found| found.count)
    }

    /// All kinds together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.differences.values().map(|found| found.count).sum()
    }

    /// What a change of schedules can mend.
    #[must_use]
    pub fn drift(&self) -> u64 {
        self.total().saturating_sub(self.count(Kind::Unschedulable))
    }

    /// What is wrong, a line a kind, with an example; then why the pass could not go on.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let mut sentences: Vec<_> =
            self.differences.iter().map(|(kind, found)| sentence_of(*kind, found)).collect();
        if let End::Failed { why, .. } = &self.end {
            sentences.push(format!("the pass ended early: {}", why.sentence()));
        }
        sentences
    }

    /// Whether table and schedules agree, as far as a whole pass can tell.
    #[must_use]
    pub fn is_in_step(&self) -> bool {
        self.total() == 0 && matches!(self.end, End::Done)
    }
}

fn sentence_of(kind: Kind, found: &Differences) -> String {
    let Differences { count, examples } = found;
    let thing = match (kind, count) {
        (Kind::Unschedulable, 1) => "job",
        (Kind::Unschedulable, _) => "jobs",
        (_, 1) => "schedule",
        _ => "schedules",
    };
    let example = examples.first().map(|first| {
        let such = if *count == 1 { "" } else { "such as " };
        let name = first.job.as_ref().unwrap_or(&first.schedule);
        format!(": {such}`{name}` ({})", first.what)
    });
    format!("{count} {thing} {}{}", kind.words(), example.unwrap_or_default())
}
