//! What the environment decides. Nothing else here reads it.

use crate::sign::Keys;
use scheduler_plugin::Error;
use scheduler_plugin::web::Reach;
use std::env::{VarError, var};

/// Holds the secret that calls are signed with.
const SIGNING_KEY: &str = "SIGNING_KEY";

/// What a run works with.
#[derive(Debug)]
pub struct Settings {
    /// Which addresses may be called.
    pub reach: Reach,
    /// What calls are signed with; `None`: they are not signed.
    pub keys: Option<Keys>,
}

impl Settings {
    /// Reads `SIGNING_KEY`, `ALLOW_LOOPBACK` and `SCHEDULER_LOCAL`.
    ///
    /// # Errors
    /// `SIGNING_KEY` is set and holds no secret: a call that should be signed is better not made.
    pub fn from_env() -> Result<Self, Error> {
        let keys = match var(SIGNING_KEY) {
            Ok(text) => Some(keys(&text)?),
            Err(VarError::NotPresent) => None,
            // The error's own words would show the value.
            Err(VarError::NotUnicode(_)) => Some(keys("")?),
        };
        Ok(Self { reach: Reach::from_env(), keys })
    }
}

/// What `main` ends with is printed for programmers: a sentence stays one.
fn keys(text: &str) -> Result<Keys, String> {
    Keys::parse(text).map_err(|error| error.to_string())
}
