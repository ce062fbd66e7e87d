//! The one error of this crate: a sentence for the person who reads the test's output.

use std::error::Error;

/// What every step here answers.
pub type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// An error that is a sentence.
///
/// # Errors
/// Always.
pub fn fail<T>(sentence: impl Into<String>) -> Outcome<T> {
    Err(sentence.into().into())
}

/// Fails with the sentence unless the condition holds.
///
/// # Errors
/// The sentence.
pub fn ensure(holds: bool, sentence: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { fail(sentence()) }
}
