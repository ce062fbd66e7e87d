//! `scheduler diff`: what is deployed against what is wanted.

use super::deploy::deploy;
use crate::args::DeployArgs;
use crate::error::Failure;
use crate::settings::Settings;

/// Shows what a deploy would do: it is one that is not carried out.
///
/// # Errors
/// [`Failure::Differences`] where there is anything to do; what a deploy is refused for.
pub fn diff(settings: &Settings, env: &str) -> Result<(), Failure> {
    deploy(settings, &DeployArgs { env: env.to_owned(), dry_run: true, ..DeployArgs::default() })
}
