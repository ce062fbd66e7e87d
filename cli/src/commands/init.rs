//! `scheduler init`

use crate::args::InitArgs;
use crate::error::Failure;
use crate::settings::Settings;

/// Not there yet.
///
/// # Errors
/// Always.
pub fn init(_settings: &Settings, _args: &InitArgs) -> Result<(), Failure> {
    Err(Failure::failed("`init` is not there yet"))
}
