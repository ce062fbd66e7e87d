//! `scheduler local`

use crate::args::LocalArgs;
use crate::error::Failure;
use crate::settings::Settings;

/// Not there yet.
///
/// # Errors
/// Always.
pub fn local(_settings: &Settings, _args: &LocalArgs) -> Result<(), Failure> {
    Err(Failure::failed("`local` is not there yet"))
}
