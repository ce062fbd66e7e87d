//! The client, and the one way to a page.

use super::error::FetchError;
use super::hops;
use scheduler_plugin::web::reqwest::{self, Url};
use scheduler_plugin::web::{Client, Names, Reach};
use std::sync::Arc;
use std::time::Duration;

/// For all of a page: names, connections, redirects and body.
const WITHIN: Duration = Duration::from_secs(10);

const USER_AGENT: &str = concat!("scheduler-html-checker/", env!("CARGO_PKG_VERSION"));

/// A page as the server sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The `content-type`, empty where there was none.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Fetches pages.
#[derive(Debug, Clone)]
pub struct Web {
    pub(super) client: Client,
    within: Duration,
}

impl Web {
    /// A client that looks names up with `names` and connects within `reach`.
    ///
    /// # Errors
    /// The system's trusted certificates cannot be read.
    pub fn new(names: Arc<dyn Names>, reach: Reach) -> Result<Self, reqwest::Error> {
        Ok(Self { client: Client::new(names, reach, USER_AGENT)?, within: WITHIN })
    }

    /// The same with another limit than 10 seconds.
    #[must_use]
    pub fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    /// The page at `url`, after at most five redirects.
    ///
    /// # Errors
    /// [`FetchError`] tells them apart.
    pub async fn page(&self, url: &str) -> Result<Page, FetchError> {
        let parsed = Url::parse(url).map_err(|_| FetchError::Address { url: url.to_owned() })?;
        let fetched = tokio::time::timeout(self.within, hops::follow(self, parsed)).await;
        fetched.map_err(|_| FetchError::TooSlow(self.within.as_secs()))?
    }
}
