//! How long to wait before a child is started again that keeps failing to start.

use std::time::{Duration, Instant};

/// After the first failure; doubled after each further one.
const FIRST: Duration = Duration::from_millis(100);
/// The longest.
const LONGEST: Duration = Duration::from_secs(10);

/// Failures in a row.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
    last: Option<Instant>,
}

impl Backoff {
    /// How long to wait from `now` on.
    pub(super) fn pause(&self, now: Instant) -> Duration {
        let Some(last) = self.last else { return Duration::ZERO };
        let longer = 2_u32.saturating_pow(self.failures.saturating_sub(1));
        let pause = FIRST.saturating_mul(longer).min(LONGEST);
        (last + pause).saturating_duration_since(now)
    }

    /// A start failed that began then. Starts side by side fail together, and count once.
    pub(super) fn failed(&mut self, began: Instant, now: Instant) {
        if self.last.is_none_or(|last| last <= began) {
            self.failures += 1;
        }
        self.last = Some(now);
    }

    /// All is well again.
    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_in_a_row_doubles_the_wait_up_to_its_limit() {
        let (start, mut backoff) = (Instant::now(), Backoff::default());
        assert_eq!(backoff.pause(start), Duration::ZERO);
        let mut pauses = Vec::new();
        let mut now = start;
        for _ in 0..9 {
            backoff.failed(now, now);
            pauses.push(backoff.pause(now).as_millis());
            now += backoff.pause(now);
        }
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
        assert_eq!(backoff.pause(now), Duration::ZERO);
        backoff.succeeded();
        assert_eq!(backoff.pause(start), Duration::ZERO);
    }

    #[test]
    fn failures_side_by_side_count_once() {
        let (start, mut backoff) = (Instant::now(), Backoff::default());
        let later = start + Duration::from_millis(5);
        for _ in 0..10 {
            backoff.failed(start, later);
        }
        assert_eq!(backoff.pause(later), FIRST);
    }
}
