//! How often a job runs: seconds as the user wrote them, minutes as a schedule counts them.

use std::fmt;

/// The largest `sleep_time`, seconds: a year.
pub const SLEEP_TIME_MAX: u64 = 31_536_000;

/// A rate of whole minutes, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate {
    minutes: u32,
}

/// A `sleep_time` outside of 1 to [`SLEEP_TIME_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateError(u64);

impl fmt::Display for RateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`sleep_time` is {} seconds; it must be from 1 to {SLEEP_TIME_MAX}", self.0)
    }
}

impl std::error::Error for RateError {}

impl Rate {
    /// The rate of a `sleep_time` in seconds, rounded up to whole minutes.
    ///
    /// # Errors
    /// Where it is 0 or more than [`SLEEP_TIME_MAX`].
    pub fn from_seconds(sleep_time: u64) -> Result<Self, RateError> {
        let minutes = u32::try_from(sleep_time.div_ceil(60));
        match minutes {
            Ok(minutes) if (1..=SLEEP_TIME_MAX).contains(&sleep_time) => Ok(Self { minutes }),
            _ => Err(RateError(sleep_time)),
        }
    }

    /// Whole minutes between two runs.
    #[must_use]
    pub fn minutes(self) -> u32 {
        self.minutes
    }

    /// Seconds between two runs, a multiple of 60.
    #[must_use]
    pub fn interval_seconds(self) -> i64 {
        i64::from(self.minutes) * 60
    }

    /// EventBridge's schedule expression; it wants the singular for one minute.
    #[must_use]
    pub fn expression(self) -> String {
        match self.minutes {
            1 => "rate(1 minute)".to_owned(),
            minutes => format!("rate({minutes} minutes)"),
        }
    }

    /// The first moment after `now` at which a job with this anchor is due; epoch seconds, always
    /// later than `now`. An anchor that lies ahead (a clock that runs fast) is itself the answer
    /// as long as it is less than one interval away.
    #[must_use]
    pub fn next_after(self, anchor: i64, now: i64) -> i64 {
        let interval = self.interval_seconds();
        let into = now.wrapping_sub(anchor).rem_euclid(interval);
        now.saturating_add(interval - into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn expression(sleep_time: u64) -> String {
        Rate::from_seconds(sleep_time).unwrap().expression()
    }

    #[test]
    fn expressions_are_those_of_the_original() {
        let table = [
            (1, "rate(1 minute)"),
            (60, "rate(1 minute)"),
            (61, "rate(2 minutes)"),
            (120, "rate(2 minutes)"),
            (121, "rate(3 minutes)"),
            (599, "rate(10 minutes)"),
            (600, "rate(10 minutes)"),
            (SLEEP_TIME_MAX, "rate(525600 minutes)"),
        ];
        for (sleep_time, wanted) in table {
            assert_eq!(expression(sleep_time), wanted);
        }
    }

    #[test]
    fn nothing_and_more_than_a_year_are_refused() {
        for sleep_time in [0, SLEEP_TIME_MAX + 1, u64::MAX] {
            let error = Rate::from_seconds(sleep_time).unwrap_err();
            assert!(error.to_string().starts_with(&format!("`sleep_time` is {sleep_time} ")));
        }
    }

    #[test]
    fn a_job_is_next_due_on_its_own_phase() {
        let rate = Rate::from_seconds(600).unwrap();
        assert_eq!(rate.next_after(1_000, 1_000), 1_600);
        assert_eq!(rate.next_after(1_000, 1_599), 1_600);
        assert_eq!(rate.next_after(1_000, 1_600), 2_200);
        assert_eq!(rate.next_after(1_000, 900), 1_000);
    }

    proptest! {
        #[test]
        fn the_next_run_is_ahead_within_one_interval_and_in_phase(
            sleep_time in 1..=SLEEP_TIME_MAX,
            anchor in 0..4_000_000_000i64,
            now in 0..4_000_000_000i64,
        ) {
            let rate = Rate::from_seconds(sleep_time).unwrap();
            let next = rate.next_after(anchor, now);
            prop_assert!(next > now && next <= now + rate.interval_seconds());
            prop_assert_eq!((next - anchor) % rate.interval_seconds(), 0);
        }

        #[test]
        fn any_clock_and_anchor_are_survived(anchor in any::<i64>(), now in any::<i64>()) {
            let rate = Rate::from_seconds(60).unwrap();
            prop_assert!(rate.next_after(anchor, now) >= now);
        }
    }
}
