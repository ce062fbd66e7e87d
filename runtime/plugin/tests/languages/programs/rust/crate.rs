//! The probe over this crate, with its state and its mail.

mod probe;

use plugin::mail::{Mail, Mailer};
use plugin::state::State;
use plugin::{Error, Tick, info};
use probe::Probe;
use scheduler_plugin as plugin;

fn main() -> Result<(), Error> {
    plugin::run(|tick: Tick<Probe>| async move { act(&tick).await })
}

async fn act(tick: &Tick<Probe>) -> Result<(), Error> {
    let own = &tick.job.own;
    match own.act.as_str() {
        "put" => put(own).await,
        "get" => get(own).await,
        "mail" => mail(own).await,
        _ => probe::act(tick).await,
    }
}

async fn put(own: &Probe) -> Result<(), Error> {
    let state = State::from_env()?;
    let bytes = own.text.clone().into_bytes();
    match state.get(&own.key).await? {
        Some(found) => state.replace(&own.key, bytes, &found.version).await?,
        None => state.create(&own.key, bytes).await?,
    };
    Ok(())
}

async fn get(own: &Probe) -> Result<(), Error> {
    match State::from_env()?.get(&own.key).await? {
        Some(found) => info("kept", &[("text", std::str::from_utf8(&found.bytes)?)]),
        None => info("kept", &[]),
    }
    Ok(())
}

async fn mail(own: &Probe) -> Result<(), Error> {
    let mail = Mail {
        to: own.to.clone(),
        subject: own.subject.clone(),
        text: own.text.clone(),
        html: own.html.clone(),
        key: own.key.clone(),
    };
    Ok(Mailer::from_env()?.send(&mail).await?)
}
