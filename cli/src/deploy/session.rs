//! What one command carries along: where its lines go, how often it polls, when it began.

use super::error::{CallError, DeployError};
use crate::progress::Progress;
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

    /// Pauses that grow while nothing happens.
    #[must_use]
    pub fn pauses(&self) -> Pauses {
        Pauses { pace: self.pace, next: self.pace.shortest, failures: 0 }
    }
}

/// Growing pauses between polls. A poll that fails in passing makes the pause longer and is never
/// fatal by itself; only a long row of them is.
pub struct Pauses {
    pace: Pace,
    next: Duration,
    failures: u32,
}

/// So many polls in a row may fail in passing: with the longest pause, over five minutes.
const PATIENCE: u32 = 40;

impl Pauses {
    /// Waits, longer each time.
    pub async fn pause(&mut self) {
        tokio::time::sleep(self.next).await;
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
        match polled {
            Ok(value) => {
                self.failures = 0;
                Ok(Some(value))
            }
            Err(error) if error.is_passing() && self.failures < PATIENCE => {
                self.failures += 1;
                self.next = self.pace.longest;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}
