//! `scheduler login`

use crate::args::LoginArgs;
use crate::error::Failure;
use crate::settings::Settings;

/// Not there yet.
///
/// # Errors
/// Always.
pub fn login(_settings: &Settings, _args: &LoginArgs) -> Result<(), Failure> {
    Err(Failure::failed("`login` is not there yet"))
}
