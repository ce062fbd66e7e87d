//! `scheduler plugin`: one plugin by itself.

mod event;
mod list;
mod new;
mod report;
mod test;

use crate::args::PluginCommand;
use crate::error::Failure;
use crate::settings::Settings;

/// Does what was asked with a plugin.
///
/// # Errors
/// Input that is wrong, what could not be built, a consumer that fails.
pub fn plugin(settings: &Settings, command: &PluginCommand) -> Result<(), Failure> {
    match command {
        PluginCommand::New(args) => new::new(settings, args),
        PluginCommand::List(args) => list::list(settings, args),
        PluginCommand::Test(args) => test::test(settings, args),
    }
}
