//! The one error of this crate: a sentence for the person who reads the test's output.

use std::error::Error;
use std::fmt;

/// What every step here answers.
pub type Outcome<T = ()> = Result<T, Failure>;

/// What went wrong. A test that answers it is shown it by `Debug`: so that is the sentence too.
pub struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// An error that is a sentence.
///
/// # Errors
/// Always.
pub fn fail<T>(sentence: impl Into<String>) -> Outcome<T> {
    Err(Failure(sentence.into()))
}

/// Fails with the sentence unless the condition holds.
///
/// # Errors
/// The sentence.
pub fn ensure(holds: bool, sentence: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { fail(sentence()) }
}
