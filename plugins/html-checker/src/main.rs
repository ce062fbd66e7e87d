//! The Lambda function: settings, clients, run.

use html_checker::check::{Checker, Watch};
use html_checker::settings::Settings;
use scheduler_plugin::{Error, Tick};
use std::sync::Arc;

fn main() -> Result<(), Error> {
    let checker = Arc::new(Checker::new(Settings::from_env()?)?);
    scheduler_plugin::run(move |tick: Tick<Watch>| {
        let checker = Arc::clone(&checker);
        async move { checker.check(&tick).await }
    })
}
