//! `scheduler man`

use crate::args::ManArgs;
use crate::error::Failure;
use crate::settings::Settings;

/// Not there yet.
///
/// # Errors
/// Always.
pub fn man(_settings: &Settings, _args: &ManArgs) -> Result<(), Failure> {
    Err(Failure::failed("`man` is not there yet"))
}
