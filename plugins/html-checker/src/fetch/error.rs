//! Why there is no page.

use scheduler_plugin::web::{WebError, reqwest};

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Not an address of a page.
    #[error("`{url}` is no http or https address")]
    Address {
        /// As it was given, or as a redirect gave it.
        url: String,
    },
    /// The name or number leads to where no page is fetched from.
    #[error("`{host}` is not on the public internet")]
    Refused {
        /// As it stands in the address.
        host: String,
    },
    /// From here to there and on.
    #[error("more than {0} redirects")]
    Redirects(usize),
    /// An answer other than 2xx.
    #[error("the server answered {0}")]
    Status(u16),
    /// More than is read.
    #[error("the page is larger than {0} bytes")]
    TooLarge(usize),
    /// Compressed, though it was not asked to be.
    #[error("the page is encoded as `{0}`, which was not asked for")]
    Encoding(String),
    /// Not within the time.
    #[error("no page within {0} seconds")]
    TooSlow(u64),
    /// No name, no connection, no TLS, or broken off.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
}

impl FetchError {
    /// Whether the same request may well succeed in a while.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::TooSlow(_) | Self::Unreachable(_) => true,
            Self::Status(status) => matches!(status, 408 | 425 | 429 | 500..=599),
            Self::Address { .. }
            | Self::Refused { .. }
            | Self::Redirects(_)
            | Self::TooLarge(_)
            | Self::Encoding(_) => false,
        }
    }
}

impl From<WebError> for FetchError {
    fn from(error: WebError) -> Self {
        match error {
            WebError::Address { url } => Self::Address { url },
            WebError::Refused { host } => Self::Refused { host },
            WebError::Unreachable(why) => Self::Unreachable(why),
        }
    }
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        WebError::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_server_may_recover_and_a_missing_page_may_not() {
        assert!(FetchError::Status(503).may_pass());
        assert!(FetchError::Status(429).may_pass());
        assert!(!FetchError::Status(404).may_pass());
        assert!(!FetchError::Status(304).may_pass());
        assert!(!FetchError::Refused { host: "x".to_owned() }.may_pass());
    }
}
