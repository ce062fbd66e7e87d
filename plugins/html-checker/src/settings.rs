//! What the environment decides. Nothing else here reads it.

use crate::fetch::Reach;
use scheduler_plugin::Error;
use scheduler_plugin::mail::Mailer;
use scheduler_plugin::state::State;

/// For tests only: pages on this machine may be watched.
const ALLOW_LOOPBACK: &str = "ALLOW_LOOPBACK";

/// What a run works with.
#[derive(Debug)]
pub struct Settings {
    /// Where the texts of the last runs lie.
    pub state: State,
    /// How mail goes.
    pub mailer: Mailer,
    /// Which addresses may be asked for pages.
    pub reach: Reach,
}

impl Settings {
    /// Reads `STATE_URL`, `MAIL_URL`, `SOURCE_EMAIL` and `ALLOW_LOOPBACK`.
    ///
    /// # Errors
    /// One of them is missing or makes no sense.
    pub fn from_env() -> Result<Self, Error> {
        let loopback = std::env::var(ALLOW_LOOPBACK).is_ok_and(|value| value == "true");
        Ok(Self {
            state: State::from_env()?,
            mailer: Mailer::from_env()?,
            reach: if loopback { Reach::PublicAndLoopback } else { Reach::Public },
        })
    }
}
