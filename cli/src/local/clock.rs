//! The jobs' clock: a port, so that tests step it and `--speed` bends it. Time-outs and retries
//! of consumers go by real time.

use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// A wait.
pub type Wait<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// The jobs' clock.
pub trait Clock: Debug + Send + Sync {
    /// Epoch seconds.
    fn now(&self) -> i64;

    /// Ends when it is `at`, epoch seconds, or later; also when it is earlier than `since`: the clock
    /// was set back, and what is due has to be looked at again.
    fn sleep_until(&self, since: i64, at: i64) -> Wait<'_>;
}

/// The wall's clock, or one that runs a whole number of times as fast from its start on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WallClock {
    start_ms: i64,
    speed: i64,
}

/// A clock that was set back or a machine that slept is noticed within this time.
const LOOK: Duration = Duration::from_secs(1);

impl WallClock {
    /// Starts at the wall's time.
    #[must_use]
    pub fn new(speed: u32) -> Self {
        Self { start_ms: wall_ms(), speed: i64::from(speed) }
    }

    fn now_ms(&self) -> i64 {
        match self.speed {
            1 => wall_ms(),
            speed => self.start_ms + (wall_ms() - self.start_ms) * speed,
        }
    }
}

impl Default for WallClock {
    fn default() -> Self {
        Self::new(1)
    }
}

impl Clock for WallClock {
    fn now(&self) -> i64 {
        self.now_ms().div_euclid(1000)
    }

    fn sleep_until(&self, since: i64, at: i64) -> Wait<'_> {
        Box::pin(async move {
            while self.now() >= since {
                let left = at.saturating_mul(1000).saturating_sub(self.now_ms());
                // Rounded up: a sleep that ends too early would be slept again.
                let Ok(left) = u64::try_from((left + self.speed - 1).div_euclid(self.speed)) else {
                    return;
                };
                if left == 0 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(left).min(LOOK)).await;
            }
        })
    }
}

/// Real time, epoch milliseconds.
pub(super) fn wall_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

/// A clock that stands still until it is told to move.
#[derive(Debug)]
pub struct SteppedClock(watch::Sender<i64>);

impl SteppedClock {
    /// Stands at `now`, epoch seconds.
    #[must_use]
    pub fn new(now: i64) -> Self {
        Self(watch::Sender::new(now))
    }

    /// Moves on by so many seconds; back, where they are less than none.
    pub fn advance(&self, seconds: i64) {
        self.0.send_modify(|now| *now += seconds);
    }
}

impl Clock for SteppedClock {
    fn now(&self) -> i64 {
        *self.0.borrow()
    }

    fn sleep_until(&self, since: i64, at: i64) -> Wait<'_> {
        let mut moved = self.0.subscribe();
        Box::pin(async move {
            // The sender lives as long as the clock, which is borrowed here.
            let _ = moved.wait_for(|now| *now >= at || *now < since).await;
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stepped_clock_wakes_who_waits_for_the_moment() {
        let clock = SteppedClock::new(100);
        clock.sleep_until(100, 100).await;
        let ((), ()) = tokio::join!(clock.sleep_until(100, 160), async {
            clock.advance(59);
            tokio::task::yield_now().await;
            clock.advance(1);
        });
        assert_eq!(clock.now(), 160);
    }

    #[tokio::test]
    async fn a_clock_that_is_set_back_wakes_who_waits() {
        let clock = SteppedClock::new(100);
        let ((), ()) = tokio::join!(clock.sleep_until(100, 160), async { clock.advance(-1) });
        // The wall's clock cannot be set here: it is asked as if it had been later.
        let wall = WallClock::new(1);
        let later = wall.now() + 1000;
        wall.sleep_until(later, later + 1000).await;
    }

    #[tokio::test]
    async fn a_fast_clock_sleeps_a_minute_in_a_moment() {
        let clock = WallClock::new(86_400);
        let before = clock.now();
        clock.sleep_until(before, before + 600).await;
        assert!(clock.now() >= before + 600);
    }
}
