//! `scheduler completions`

use crate::args::CompletionsArgs;
use crate::error::Failure;
use crate::settings::Settings;

/// Not there yet.
///
/// # Errors
/// Always.
pub fn completions(_settings: &Settings, _args: &CompletionsArgs) -> Result<(), Failure> {
    Err(Failure::failed("`completions` is not there yet"))
}
