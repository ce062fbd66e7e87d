//! Waiting for something to become true, never for a time to pass.

use crate::outcome::{Outcome, fail};
use std::thread;
use std::time::{Duration, Instant};

/// Asks until there is an answer. `what` completes the sentence "waited ... s for".
///
/// # Errors
/// What `ask` fails with, or that the deadline passed.
pub fn until<T>(
    what: &str,
    within: Duration,
    mut ask: impl FnMut() -> Outcome<Option<T>>,
) -> Outcome<T> {
    let deadline = Instant::now() + within;
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if Instant::now() > deadline {
            return fail(format!("waited {} s for {what}", within.as_secs()));
        }
        thread::sleep(Duration::from_millis(250));
    }
}

/// Asks until the condition holds.
///
/// # Errors
/// As [`until`].
pub fn until_true(
    what: &str,
    within: Duration,
    mut holds: impl FnMut() -> Outcome<bool>,
) -> Outcome {
    until(what, within, || Ok(holds()?.then_some(())))
}
