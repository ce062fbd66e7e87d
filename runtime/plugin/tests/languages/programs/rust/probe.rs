//! What a job of the probe says, and doing it; the same in every language.

use crate::plugin::{Error, Tick, info};
use serde::Deserialize;
use serde_json::Value;
use std::future::pending;

/// A job's own fields; another one is refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Probe {
    /// What to do; nothing said: to tell what was seen.
    pub(crate) act: String,
    pub(crate) text: String,
    pub(crate) big: u64,
    /// Anything.
    pub(crate) tree: Value,
    pub(crate) key: String,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) html: Option<String>,
    /// As in the envelope of SNS.
    #[serde(rename = "Type")]
    pub(crate) kind: String,
    #[serde(rename = "Message")]
    pub(crate) message: String,
}

/// What every language can do.
pub(crate) async fn act(tick: &Tick<Probe>) -> Result<(), Error> {
    let job = &tick.job;
    if job.job_type != "probe" {
        return Err(format!("unknown job type `{}`", job.job_type).into());
    }
    match job.own.act.as_str() {
        "" => tell(tick),
        "fail" => return Err("as told".into()),
        // The way of this language to break off without an error.
        "crash" => assert!(job.own.act.is_empty(), "as told"),
        "hang" => pending().await,
        other => return Err(format!("unknown act `{other}`").into()),
    }
    Ok(())
}

fn tell(tick: &Tick<Probe>) {
    let job = &tick.job;
    let fields = [
        ("tick", &tick.id),
        ("attempt", &tick.attempt.to_string()),
        ("job", &job.key()),
        ("once", &tick.idempotency_key()),
        ("user_email", &job.user_email),
        ("sleep_time", &job.sleep_time.to_string()),
        ("text", &job.own.text),
        ("big", &job.own.big.to_string()),
        ("tree", &job.own.tree.to_string()),
    ];
    info("seen", &fields.map(|(name, value)| (name, value.as_str())));
}
