//! What the environment decides. Nothing else here reads it.

use scheduler_plugin::Error;
use scheduler_plugin::mail::Mailer;
use scheduler_plugin::state::State;
use scheduler_plugin::web::Reach;

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
        Ok(Self {
            state: State::from_env()?,
            mailer: Mailer::from_env()?,
            reach: Reach::from_env(),
        })
    }
}
