//! How much a pass may take, and what it has taken.

use super::orphans::ON_ITS_WAY;
use super::report::Calls;

/// What a pass may take. It stops at the first limit that it reaches, and says where; but a pass that
/// begins at all gets on by a step, or it would never end.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// It begins nothing after this moment, epoch seconds; a call that is under way takes its time.
    pub until: Option<i64>,
    /// Calls on the ports; a few that are under way together may be beyond.
    pub calls: Option<u64>,
    /// Repairs; what is found beyond is counted only.
    pub repairs: Option<u64>,
    /// Schedules held in memory at a time, about 150 bytes each; more are taken in several rounds,
    /// each with a walk over the whole table.
    pub schedules: usize,
}

impl Limits {
    /// No limits but memory's.
    pub const NONE: Self = Self { until: None, calls: None, repairs: None, schedules: 500_000 };

    /// What the function allows itself besides its time: as many repairs as the controller makes in
    /// a few minutes, and as many calls as leave the API and the controller room beside it. A pass over
    /// 100,000 jobs that are in step takes some 1,400 calls; one that is stopped goes on next hour.
    pub const HOURLY: Self = Self { repairs: Some(100_000), calls: Some(200_000), ..Self::NONE };

    /// So long, in seconds, a run may go on after [`Limits::until`], where a call takes `call` at the
    /// most: a pause for deletions that are on their way, and then in a row a look at some schedules
    /// without a job, at their jobs and at them again (some at a time), two sends of repairs, and the
    /// note of how far it came. Half of its time has to be longer than that.
    #[must_use]
    pub const fn overrun(call: i64) -> i64 {
        ON_ITS_WAY + 6 * call
    }

    pub(super) fn are_reached(&self, now: i64, calls: &Calls) -> bool {
        self.until.is_some_and(|until| now >= until)
            || self.calls.is_some_and(|limit| calls.total() >= limit)
    }

    /// With half of what is left: a round that spends everything on its list never gets to compare.
    pub(super) fn half(&self, now: i64, calls: &Calls) -> Self {
        let spent = calls.total();
        Self {
            until: self.until.map(|until| now + (until - now).max(0) / 2),
            calls: self.calls.map(|limit| spent + limit.saturating_sub(spent) / 2),
            ..*self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_of_every_hour_ends_by_its_calls_too() {
        let few = Calls { get: 199_999, ..Calls::default() };
        assert!(!Limits::HOURLY.are_reached(0, &few));
        let many = Calls { get: 200_000, ..Calls::default() };
        assert!(Limits::HOURLY.are_reached(0, &many));
    }
}
