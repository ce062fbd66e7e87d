//! The Lambda function: settings, clients, run.

use scheduler_plugin::web::{Client, SystemNames};
use scheduler_plugin::{Error, Tick};
use std::sync::Arc;
use webhook::call::{Caller, USER_AGENT};
use webhook::job::Call;
use webhook::settings::Settings;

fn main() -> Result<(), Error> {
    let Settings { reach, keys } = Settings::from_env()?;
    let client = Client::new(Arc::new(SystemNames), reach, USER_AGENT)?;
    let caller = Arc::new(Caller::new(client, keys));
    scheduler_plugin::run(move |tick: Tick<Call>| {
        let caller = Arc::clone(&caller);
        async move { caller.call(&tick).await }
    })
}
