//! Why there is no answer.

use std::error::Error;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// Not an address of the web.
    #[error("`{url}` is no http or https address")]
    Address {
        /// As it was given.
        url: String,
    },
    /// The name or number leads to where nothing is asked.
    #[error("`{host}` is not on the public internet")]
    Refused {
        /// As it stands in the address.
        host: String,
    },
    /// No name, no connection, no TLS, or broken off.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
}

/// What the resolver answers for a name that leads nowhere public; found again in the causes of
/// the client's error.
#[derive(Debug, thiserror::Error)]
#[error("`{host}` is not on the public internet")]
pub(super) struct NotPublic {
    pub(super) host: String,
}

impl From<reqwest::Error> for WebError {
    fn from(error: reqwest::Error) -> Self {
        // An address may hold a password or a token, and errors end in logs.
        let error = error.without_url();
        let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
        let mut words = String::new();
        while let Some(this) = cause {
            if let Some(refused) = this.downcast_ref::<NotPublic>() {
                return Self::Refused { host: refused.host.clone() };
            }
            words = this.to_string();
            cause = this.source();
        }
        // The innermost cause says it best: "connection refused", not "error sending request".
        Self::Unreachable(words)
    }
}
