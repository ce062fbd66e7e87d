//! Schedules of a round that no job was found for.

use super::report::{Difference, Kind, Step};
use super::sweep::{AT_ONCE, Round, Sweep, Went};
use crate::ports::{ChangeQueue, Failure, JobScan, ScheduleReader};
use futures_util::future::try_join_all;
use scheduler_contract::{JobKey, Tick};

/// So long a deletion takes from the table to its schedule, seconds, where nothing goes wrong. Who
/// wants no grace gets none.
pub(super) const ON_ITS_WAY: i64 = 10;

/// What a closer look at such a schedule tells.
enum Verdict {
    /// It went, or its job came, since it was listed.
    Recent,
    /// Its job is there, and was compared in an earlier part of this pass.
    HasJob,
    /// Its job is gone.
    Orphan(JobKey),
    /// No job can have it.
    Nobodys,
    /// It may be that of a job: what its name does not tell, its input does not either.
    Unclear,
}

impl<J: JobScan, S: ScheduleReader, Q: ChangeQueue> Sweep<'_, J, S, Q> {
    pub(super) async fn judge_orphans(
        &mut self,
        round: &Round,
        step: &mut Step,
    ) -> Result<Went, Failure> {
        let done = match step {
            Step::Orphans { after } => after.clone(),
            Step::Jobs { .. } => None,
        };
        let is_left = |name: &str| done.as_deref().is_none_or(|done| name > done);
        let left = round.schedules.iter().filter(|(name, listed)| !listed.has_job && is_left(name));
        let edge = round.listed_at - self.pass.grace;
        let (recent, names): (Vec<_>, Vec<_>) =
            left.partition(|(_, listed)| listed.modified.is_some_and(|modified| modified > edge));
        if round.is_whole {
            self.report.recent += recent.len() as u64;
        }
        for (nth, some) in names.chunks(AT_ONCE).enumerate() {
            if self.has_moved && self.is_spent() {
                return Ok(Went::UpToTheLimits);
            }
            if nth == 0 {
                // All jobs have been looked at: a deletion that is under way began before this.
                let pause = self.pass.grace.clamp(0, ON_ITS_WAY).unsigned_abs();
                self.reconciler.schedules.wait(pause).await;
            }
            let verdicts = some.iter().map(|(name, _)| self.look_at(name, round));
            for ((name, _), verdict) in some.iter().zip(try_join_all(verdicts).await?) {
                self.report.calls.get += verdict.1;
                self.report.calls.read += 1;
                self.judge(name, verdict.0);
            }
            self.flush().await?;
            self.has_moved = true;
            *step = Step::Orphans { after: some.last().map(|(name, _)| name.to_string()) };
        }
        Ok(Went::Through)
    }

    /// The verdict, and how many schedules had to be looked up.
    async fn look_at(&self, name: &str, round: &Round) -> Result<(Verdict, u64), Failure> {
        let plain = name.parse().ok().filter(|key| is_of(key, name));
        let (key, looked_up) = match plain {
            Some(key) => (Some(key), 0),
            None => match self.reconciler.schedules.get(name).await? {
                Some(standing) => (named_within(&standing.input, name), 1),
                None => return Ok((Verdict::Recent, 1)),
            },
        };
        let Some(key) = key else {
            // In a part of a pass a job may have been seen in an earlier one.
            let verdict = if round.is_whole { Verdict::Nobodys } else { Verdict::Unclear };
            return Ok((verdict, looked_up));
        };
        let verdict = match self.reconciler.jobs.read(&key).await? {
            Some(_) if round.is_whole => Verdict::Recent,
            Some(_) => Verdict::HasJob,
            // Both may have gone since the list was made, as they do all the time.
            None => {
                let standing = self.reconciler.schedules.get(name).await?;
                let verdict = standing.map_or(Verdict::Recent, |_| Verdict::Orphan(key));
                return Ok((verdict, looked_up + 1));
            }
        };
        Ok((verdict, looked_up))
    }

    fn judge(&mut self, name: &str, verdict: Verdict) {
        let job = match verdict {
            Verdict::Recent => {
                self.report.recent += 1;
                return;
            }
            Verdict::HasJob => return,
            Verdict::Unclear => {
                self.report.unclear += 1;
                return;
            }
            Verdict::Orphan(key) => {
                self.outbox.look_at(&key);
                Some(key.to_string())
            }
            Verdict::Nobodys => {
                self.outbox.remove(name);
                None
            }
        };
        let what = match job {
            Some(_) => "its job is gone",
            None => "no job has this name",
        };
        let difference = Difference { schedule: name.to_owned(), job, what: what.to_owned() };
        self.note(Kind::Orphaned, difference);
    }
}

fn is_of(key: &JobKey, name: &str) -> bool {
    key.schedule_name() == name
}

/// The job of a hashed name stands in the schedule's input, unless somebody changed that.
fn named_within(input: &str, name: &str) -> Option<JobKey> {
    let tick: Tick = serde_json::from_str(input).ok()?;
    let key = JobKey { user_id: tick.user_id, job_id: tick.job_id };
    is_of(&key, name).then_some(key)
}
