//! `scheduler jobs`

use crate::args::JobsArgs;
use crate::error::Failure;
use crate::settings::Settings;

/// Not there yet.
///
/// # Errors
/// Always.
pub fn jobs(_settings: &Settings, _args: &JobsArgs) -> Result<(), Failure> {
    Err(Failure::failed("`jobs` is not there yet"))
}
