//! Listing the schedules of the next range of names, as many as memory may hold.

use super::compare::Listed;
use super::names::{Range, after, first_within};
use super::report::Cursor;
use super::sweep::Sweep;
use crate::ports::{ChangeQueue, Failure, JobScan, ScheduleReader};
use std::collections::BTreeMap;

type Schedules = BTreeMap<Box<str>, Listed>;

/// Whether a prefix could be listed.
#[derive(PartialEq, Eq)]
enum Fits {
    Yes,
    /// There are more than fit, or it takes too long; none of them is kept.
    No,
}

impl<J: JobScan, S: ScheduleReader, Q: ChangeQueue> Sweep<'_, J, S, Q> {
    /// Whole prefixes from the cursor on, up to the end of a range that was begun earlier. A prefix
    /// that does not fit is taken apart, or left to the next round where this one is half full.
    pub(super) async fn gather(&mut self, cursor: &Cursor) -> Result<(Range, Schedules), Failure> {
        let limits = self.pass.limits.half(self.now(), &self.report.calls);
        let mut schedules = Schedules::new();
        let mut prefix = cursor.from.clone();
        let to = loop {
            prefix = match self.list(&prefix, &mut schedules).await? {
                Fits::Yes => match after(&prefix) {
                    Some(next) => next,
                    None => break None,
                },
                Fits::No if schedules.len() * 2 >= limits.schedules.max(2) => break Some(prefix),
                Fits::No => {
                    self.look_up(&prefix, &mut schedules).await?;
                    match first_within(&prefix).or_else(|| after(&prefix)) {
                        Some(next) => next,
                        None => break None,
                    }
                }
            };
            let is_end = cursor.to.as_ref().is_some_and(|to| prefix >= *to);
            if is_end || limits.are_reached(self.now(), &self.report.calls) {
                break Some(prefix);
            }
        };
        let to = match &cursor.to {
            Some(end) => Some(to.filter(|to| to < end).unwrap_or_else(|| end.clone())),
            None => to,
        };
        Ok((Range { from: cursor.from.clone(), to }, schedules))
    }

    async fn list(&mut self, prefix: &str, schedules: &mut Schedules) -> Result<Fits, Failure> {
        let limits = self.pass.limits.half(self.now(), &self.report.calls);
        let mut next = None;
        loop {
            self.report.calls.list += 1;
            let part = self.reconciler.schedules.list(prefix, next.as_deref()).await?;
            let topic = &self.reconciler.deployment.target.topic_arn;
            schedules.extend(part.entries.into_iter().map(|entry| {
                let on_topic = entry.topic_arn == *topic;
                let (enabled, modified) = (entry.enabled, entry.modified);
                (entry.name.into(), Listed { enabled, on_topic, modified, has_job: false })
            }));
            next = part.next;
            if next.is_none() && schedules.len() <= limits.schedules.max(2) {
                return Ok(Fits::Yes);
            }
            if schedules.len() > limits.schedules.max(2)
                || limits.are_reached(self.now(), &self.report.calls)
            {
                // Earlier prefixes come before this one.
                drop(schedules.split_off(prefix));
                return Ok(Fits::No);
            }
        }
    }

    /// The schedule whose name is the prefix itself.
    async fn look_up(&mut self, name: &str, schedules: &mut Schedules) -> Result<(), Failure> {
        if name.is_empty() {
            return Ok(());
        }
        self.report.calls.get += 1;
        if let Some(found) = self.reconciler.schedules.get(name).await? {
            let on_topic = found.topic_arn == self.reconciler.deployment.target.topic_arn;
            let (enabled, modified) = (found.enabled, found.modified);
            schedules.insert(name.into(), Listed { enabled, on_topic, modified, has_job: false });
        }
        Ok(())
    }
}
