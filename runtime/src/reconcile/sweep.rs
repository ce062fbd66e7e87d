//! A pass: range of names by range of names, each listed, joined with the jobs, and judged.

use super::compare::Listed;
use super::limits::Limits;
use super::names::Range;
use super::repairs::{NoQueue, Outbox};
use super::report::{Cursor, Difference, End, Kind, Report, Step};
use crate::controller::Deployment;
use crate::ports::{ChangeQueue, Failure, JobScan, ScheduleReader};
use std::collections::BTreeMap;
use std::fmt;

/// What changed within this many seconds is left alone: it may be on its way.
pub const GRACE: i64 = 900;

/// Calls that are under way at a time.
pub(super) const AT_ONCE: usize = 16;

/// What a pass looks at.
#[derive(Debug)]
pub struct Reconciler<J, S> {
    /// The table.
    pub jobs: J,
    /// The group.
    pub schedules: S,
    /// What schedules have to be like.
    pub deployment: Deployment,
}

/// Of which schedules every attribute is compared. A list only shows whether a schedule is there,
/// fires, and at which topic it points; each of the others costs a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Of all.
    All,
    /// Of those that were written in `since` or later, epoch seconds, by whomever, and of about so
    /// many others in each round.
    Sample {
        /// The beginning of an earlier pass, say.
        since: i64,
        /// How many others.
        others: usize,
    },
}

/// How to look.
pub struct Pass<'a> {
    /// Where to begin: [`Cursor::default`], or where an earlier pass stopped.
    pub from: Cursor,
    /// What changed within this many seconds is left alone.
    pub grace: i64,
    /// How closely.
    pub depth: Depth,
    /// How far.
    pub limits: Limits,
    /// Epoch seconds, now.
    pub clock: &'a (dyn Fn() -> i64 + Sync),
}

impl fmt::Debug for Pass<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass").field("from", &self.from).field("depth", &self.depth).finish()
    }
}

/// Looks, and changes nothing.
pub async fn survey<J: JobScan, S: ScheduleReader>(
    reconciler: &Reconciler<J, S>,
    pass: &Pass<'_>,
) -> Report {
    Sweep::new(reconciler, pass, None::<&NoQueue>).run().await
}

/// Looks, and tells the controller of every difference that it can mend.
pub async fn repair<J: JobScan, S: ScheduleReader, Q: ChangeQueue>(
    reconciler: &Reconciler<J, S>,
    pass: &Pass<'_>,
    queue: &Q,
) -> Report {
    Sweep::new(reconciler, pass, Some(queue)).run().await
}

/// A pass under way.
pub(super) struct Sweep<'a, J, S, Q> {
    pub(super) reconciler: &'a Reconciler<J, S>,
    pub(super) pass: &'a Pass<'a>,
    pub(super) report: Report,
    pub(super) outbox: Outbox<'a, Q>,
    /// Whether the cursor moved: every pass gets on by a step, however narrow its limits.
    pub(super) has_moved: bool,
}

/// One range of names.
pub(super) struct Round {
    pub(super) range: Range,
    /// The schedules in it, by name.
    pub(super) schedules: BTreeMap<Box<str>, Listed>,
    /// Just before they were listed, epoch seconds.
    pub(super) listed_at: i64,
    /// Whether all jobs are read in this very round.
    pub(super) is_whole: bool,
}

impl Round {
    /// What the list shows of a schedule whose job was seen.
    pub(super) fn seen(&mut self, name: &str) -> Option<Listed> {
        let listed = self.schedules.get_mut(name)?;
        listed.has_job = true;
        Some(*listed)
    }
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Went {
    Through,
    UpToTheLimits,
}

impl<'a, J: JobScan, S: ScheduleReader, Q: ChangeQueue> Sweep<'a, J, S, Q> {
    fn new(reconciler: &'a Reconciler<J, S>, pass: &'a Pass<'a>, queue: Option<&'a Q>) -> Self {
        let outbox = Outbox::new(queue, (pass.clock)(), pass.limits.repairs);
        Self { reconciler, pass, report: Report::default(), outbox, has_moved: false }
    }

    async fn run(mut self) -> Report {
        let mut cursor = self.pass.from.clone();
        self.report.end = loop {
            match self.round(&mut cursor).await {
                Ok(Went::UpToTheLimits) => break End::Limited(cursor),
                Err(why) => break End::Failed { at: cursor, why },
                Ok(Went::Through) => match cursor.to.take() {
                    Some(from) => cursor = Cursor { from, ..Cursor::default() },
                    None => break End::Done,
                },
            }
        };
        self.report
    }

    /// Moves the cursor only over what is done, repairs included.
    async fn round(&mut self, cursor: &mut Cursor) -> Result<Went, Failure> {
        if self.is_spent() {
            return Ok(Went::UpToTheLimits);
        }
        let listed_at = self.now();
        let (range, schedules) = self.gather(cursor).await?;
        cursor.to.clone_from(&range.to);
        let is_whole = cursor.step == Step::default();
        if is_whole {
            self.report.schedules += schedules.len() as u64;
        }
        let mut round = Round { range, schedules, listed_at, is_whole };
        while let Step::Jobs { next, .. } = &cursor.step {
            if self.has_moved && self.is_spent() {
                return Ok(Went::UpToTheLimits);
            }
            self.report.calls.scan += 1;
            let part = self.reconciler.jobs.scan(next.as_deref()).await?;
            let went = self.compare_jobs(part.entries, (&mut round, &mut cursor.step)).await?;
            if went == Went::UpToTheLimits {
                return Ok(went);
            }
            self.has_moved = true;
            cursor.step = match part.next {
                next @ Some(_) => Step::Jobs { next, after: None },
                None => Step::Orphans { after: None },
            };
        }
        self.judge_orphans(&round, &mut cursor.step).await
    }

    pub(super) fn now(&self) -> i64 {
        (self.pass.clock)()
    }

    pub(super) fn is_spent(&self) -> bool {
        self.pass.limits.are_reached(self.now(), &self.report.calls)
    }

    pub(super) fn note(&mut self, kind: Kind, difference: Difference) {
        self.report.note(kind, difference);
    }

    pub(super) async fn flush(&mut self) -> Result<(), Failure> {
        let sent = self.outbox.flush(&mut self.report.calls).await;
        self.report.repairs = self.outbox.sent;
        sent
    }
}
