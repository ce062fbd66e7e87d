//! The probe over the one file for Rust, as a plugin of its own would have it.

#[expect(unreachable_pub, reason = "a file that is a module elsewhere")]
#[path = "../../../../rust/scheduler_plugin.rs"]
mod plugin;
mod probe;

use plugin::{Error, Tick, info, mail, run, state, warn};
use probe::Probe;

fn main() -> Result<(), Error> {
    run(|tick: Tick<Probe>| async move { act(&tick).await })
}

async fn act(tick: &Tick<Probe>) -> Result<(), Error> {
    let own = &tick.job.own;
    match own.act.as_str() {
        "put" => state::put(&own.key, own.text.as_str()).await,
        "get" => get(own).await,
        "delete" => state::delete(&own.key).await,
        "mail" => send(own).await,
        _ => probe::act(tick).await,
    }
}

async fn get(own: &Probe) -> Result<(), Error> {
    match state::get(&own.key).await? {
        Some(found) => info("kept", &[("text", std::str::from_utf8(&found)?)]),
        None => info("kept", &[]),
    }
    Ok(())
}

async fn send(own: &Probe) -> Result<(), Error> {
    let mail = mail::Mail {
        to: &own.to,
        subject: &own.subject,
        text: &own.text,
        html: own.html.as_deref(),
        key: Some(own.key.as_str()).filter(|key| !key.is_empty()),
    };
    match mail::send(mail).await {
        Err(error) if error.is::<mail::TooLong>() => {
            warn("too long", &[("reason", &error.to_string())]);
            Ok(())
        }
        sent => sent,
    }
}
