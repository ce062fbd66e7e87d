//! What the environment decides. Nothing else here reads it.

use crate::fetch::Reach;
use scheduler_plugin::Error;
use scheduler_plugin::mail::Mailer;
use scheduler_plugin::state::State;

/// For tests only: pages on this machine may be watched.
const ALLOW_LOOPBACK: &str = "ALLOW_LOOPBACK";
/// Set by `scheduler local` where whoever writes jobs owns the machine.
const SCHEDULER_LOCAL: &str = "SCHEDULER_LOCAL";

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
    /// Reads `STATE_URL`, `MAIL_URL`, `SOURCE_EMAIL`, `ALLOW_LOOPBACK` and `SCHEDULER_LOCAL`.
    ///
    /// # Errors
    /// One of them is missing or makes no sense.
    pub fn from_env() -> Result<Self, Error> {
        let set = |name: &str, to: &str| std::env::var(name).is_ok_and(|value| value == to);
        let loopback = set(ALLOW_LOOPBACK, "true") || set(SCHEDULER_LOCAL, "1");
        Ok(Self {
            state: State::from_env()?,
            mailer: Mailer::from_env()?,
            reach: if loopback { Reach::PublicAndLoopback } else { Reach::Public },
        })
    }
}
