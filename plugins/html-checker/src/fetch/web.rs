//! The client, and the one way to a page.

use super::error::FetchError;
use super::hops;
use super::resolve::{Guarded, Names, Reach};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
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
    pub(super) reach: Reach,
    within: Duration,
}

impl Web {
    /// A client that looks names up with `names` and connects within `reach`.
    ///
    /// # Errors
    /// The system's trusted certificates cannot be read.
    pub fn new(names: Arc<dyn Names>, reach: Reach) -> Result<Self, reqwest::Error> {
        scheduler_plugin::tls::install();
        let client = Client::builder()
            .dns_resolver(Guarded { names, reach })
            .redirect(Policy::none())
            // A proxy would look names up by itself.
            .no_proxy()
            // Lambda freezes a function between two events: kept connections are dead ones.
            .pool_max_idle_per_host(0)
            .user_agent(USER_AGENT)
            .build()?;
        Ok(Self { client, reach, within: WITHIN })
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
