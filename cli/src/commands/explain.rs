//! `scheduler check --explain CODE`

use crate::error::Failure;
use crate::settings::Settings;

/// Not there yet.
///
/// # Errors
/// Always.
pub fn explain(_settings: &Settings, _code: &str) -> Result<(), Failure> {
    Err(Failure::failed("not there yet"))
}
