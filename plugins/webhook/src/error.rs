//! Why a call did not get what was expected. No words of it hold an address, a header's value or a
//! body: they end in logs.

use scheduler_plugin::web::{WebError, reqwest};

/// Why a call did not get what was expected.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    #[error("the job's `url` is no http or https address")]
    Address,
    #[error("the job's `url` holds a user or a password; they belong into `headers`")]
    Credentials,
    #[error("`{host}` is not on the public internet")]
    Refused { host: String },
    #[error("no answer within {0} seconds")]
    TooSlow(u64),
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    #[error("the server answered {0}, which the job does not expect")]
    Status(u16),
}

impl CallError {
    /// Whether the same call may well succeed in a while.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::TooSlow(_) | Self::Unreachable(_) | Self::Status(_) => true,
            Self::Address | Self::Credentials | Self::Refused { .. } => false,
        }
    }
}

impl From<WebError> for CallError {
    fn from(error: WebError) -> Self {
        match error {
            WebError::Address { .. } => Self::Address,
            WebError::Refused { host } => Self::Refused { host },
            WebError::Unreachable(why) => Self::Unreachable(why),
        }
    }
}

impl From<reqwest::Error> for CallError {
    fn from(error: reqwest::Error) -> Self {
        WebError::from(error).into()
    }
}
