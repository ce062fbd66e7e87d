//! What a function finds in its environment. Only `bootstrap` reads it; here it is a lookup.

use aws_credential_types::Credentials;
use std::fmt;

/// A variable that is not there.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable `{0}` is not set")]
pub struct SettingsError(&'static str);

/// Region, credentials and endpoint; everything else is looked up by the function that needs it.
pub struct Settings<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
}

impl fmt::Debug for Settings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Settings")
    }
}

impl<'a> Settings<'a> {
    /// Settings by a lookup of variables.
    #[must_use]
    pub fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup }
    }

    /// A variable that may be absent; an empty one counts as absent.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    /// A variable that has to be there.
    ///
    /// # Errors
    /// Where it is absent or empty.
    pub fn required(&self, name: &'static str) -> Result<String, SettingsError> {
        self.optional(name).ok_or(SettingsError(name))
    }

    pub(super) fn region(&self) -> Result<String, SettingsError> {
        self.required("AWS_REGION")
    }

    pub(super) fn credentials(&self) -> Result<Credentials, SettingsError> {
        Ok(Credentials::new(
            self.required("AWS_ACCESS_KEY_ID")?,
            self.required("AWS_SECRET_ACCESS_KEY")?,
            self.optional("AWS_SESSION_TOKEN"),
            None,
            "environment",
        ))
    }

    /// An emulator's address; no template ever sets it.
    pub(super) fn endpoint(&self) -> Option<String> {
        self.optional("AWS_ENDPOINT_URL")
    }
}
