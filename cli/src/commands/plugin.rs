//! `scheduler plugin`

use crate::args::PluginCommand;
use crate::error::Failure;
use crate::settings::Settings;

/// Not there yet.
///
/// # Errors
/// Always.
pub fn plugin(_settings: &Settings, _args: &PluginCommand) -> Result<(), Failure> {
    Err(Failure::failed("`plugin` is not there yet"))
}
