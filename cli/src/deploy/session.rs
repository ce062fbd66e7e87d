//! What one command carries along: where its lines go, how often it polls, when it began.

use super::error::{CallError, CallFailure, DeployError};
use crate::progress::Progress;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::{Duration, Instant};

/// One command's run.
pub struct Session<'a> {
    /// Where lines go.
    pub progress: &'a dyn Progress,
    /// How often it polls.
    pub pace: Pace,
    started: Instant,
}

/// How often something is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The first pause, and the one after anything happened.
    pub shortest: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// How long a deployed API may take to answer as it should.
    pub smoke: Duration,
}

impl Pace {
    /// For AWS, which throttles, or for an emulator, which does not.
    #[must_use]
    pub fn of(endpoint_url: Option<&str>) -> Self {
        let (shortest, longest) = match endpoint_url {
            Some(_) => (Duration::from_millis(500), Duration::from_millis(500)),
            None => (Duration::from_secs(2), Duration::from_secs(10)),
        };
        Self { shortest, longest, smoke: Duration::from_secs(90) }
    }
}

impl<'a> Session<'a> {
    /// A run that begins now.
    #[must_use]
    pub fn new(progress: &'a dyn Progress, pace: Pace) -> Self {
        Self { progress, pace, started: Instant::now() }
    }

    /// One line with the time since the beginning, `m:ss`.
    pub fn tell(&self, text: &str) {
        let seconds = self.started.elapsed().as_secs();
        self.progress.line(&format!("{:>2}:{:02}  {text}", seconds / 60, seconds % 60));
    }

    /// Asks until it is answered: only a failure that stays ends it.
    ///
    /// # Errors
    /// A failure that stays.
    pub async fn patiently<T>(
        &self,
        mut ask: impl AsyncFnMut() -> Result<T, CallError>,
    ) -> Result<T, DeployError> {
        let mut pauses = self.pauses();
        loop {
            match pauses.tolerate(ask().await)? {
                Some(answer) => return Ok(answer),
                None => pauses.pause().await,
            }
        }
    }

    /// Pauses that grow while nothing happens.
    #[must_use]
    pub fn pauses(&self) -> Pauses {
        Pauses { pace: self.pace, next: self.pace.shortest, failures: 0 }
    }
}

/// Growing pauses between polls, drawn by lot, so that those of several commands do not fall
/// together ("full jitter"). A poll that fails in passing makes the pause longer; AWS saying that
/// there are too many is never fatal, and nobody answering only after a long row.
pub struct Pauses {
    pace: Pace,
    next: Duration,
    failures: u32,
}

/// So many polls in a row may get no answer: with the longest pause, several minutes.
const PATIENCE: u32 = 40;

impl Pauses {
    /// Waits, longer each time.
    pub async fn pause(&mut self) {
        let lot = RandomState::new().build_hasher().finish();
        tokio::time::sleep(drawn(self.pace.shortest, self.next, lot)).await;
        self.next = (self.next + self.next / 2).min(self.pace.longest);
    }

    /// Something happened: look again soon.
    pub fn reset(&mut self) {
        self.next = self.pace.shortest;
    }

    /// The poll's value; `None` where it failed in passing.
    ///
    /// # Errors
    /// A failure that stays, or the last of too many in a row.
    pub fn tolerate<T>(&mut self, polled: Result<T, CallError>) -> Result<Option<T>, DeployError> {
        let error = match polled {
            Ok(value) => {
                self.failures = 0;
                return Ok(Some(value));
            }
            Err(error) => error,
        };
        let is_throttled = error.why == CallFailure::Throttled;
        if !is_throttled && (!error.is_passing() || self.failures >= PATIENCE) {
            return Err(error.into());
        }
        self.failures += u32::from(!is_throttled);
        self.next = self.pace.longest;
        Ok(None)
    }
}

/// Anything from the shortest pause up to this one.
fn drawn(shortest: Duration, upto: Duration, lot: u64) -> Duration {
    let room = upto.saturating_sub(shortest).as_micros().try_into().unwrap_or(u64::MAX);
    shortest + Duration::from_micros(lot % (room.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_lie_anywhere_between_the_shortest_and_the_one_that_is_due() {
        let Pace { shortest, longest, .. } = Pace::of(None);
        let drawn = |lot| drawn(shortest, longest, lot).as_micros();
        assert_eq!((drawn(0), drawn(8_000_000)), (2_000_000, 10_000_000));
        assert_eq!(drawn(8_000_001), 2_000_000);
        assert!((0..1000).all(|lot| (2_000_000..=10_000_000).contains(&drawn(lot * 7_919_873))));
    }

    #[test]
    fn too_many_calls_never_end_a_command_and_nobody_there_does() {
        let fails = |why| {
            Err::<(), _>(CallError {
                action: "cloudformation:DescribeStacks",
                resource: "mon-dev".into(),
                why,
                arn: "".into(),
                detail: "".into(),
            })
        };
        let pace = Pace::of(None);
        let mut pauses = Pauses { pace, next: pace.shortest, failures: 0 };
        for _ in 0..1000 {
            assert!(matches!(pauses.tolerate(fails(CallFailure::Throttled)), Ok(None)));
        }
        let nobody = || fails(CallFailure::Unreachable("x".into()));
        let survived = (0..100).take_while(|_| pauses.tolerate(nobody()).is_ok()).count();
        assert_eq!(survived, 40);
    }
}
