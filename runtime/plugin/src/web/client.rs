//! The client, and the one way to a request.

use super::error::WebError;
use super::reach::Reach;
use super::resolve::{Guarded, Names, admit};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder, Url};
use std::sync::Arc;

/// Asks addresses within its reach.
#[derive(Debug, Clone)]
pub struct Client {
    client: reqwest::Client,
    reach: Reach,
}

impl Client {
    /// A client that looks names up with `names`, connects within `reach`, and calls itself `agent`.
    ///
    /// # Errors
    /// The system's trusted certificates cannot be read.
    pub fn new(names: Arc<dyn Names>, reach: Reach, agent: &str) -> Result<Self, reqwest::Error> {
        crate::tls::install();
        let client = reqwest::Client::builder()
            .dns_resolver(Guarded { names, reach })
            .redirect(Policy::none())
            // A proxy would look names up by itself.
            .no_proxy()
            // Lambda freezes a function between two events: kept connections are dead ones.
            .pool_max_idle_per_host(0)
            .user_agent(agent)
            .build()?;
        Ok(Self { client, reach })
    }

    /// A request to `url`, for the caller to add to and to send.
    ///
    /// # Errors
    /// The address is none of the web's, or is written as a number that is out of reach. A name
    /// that leads out of reach is told when the request is sent: see [`WebError`]'s `From`.
    pub fn request(&self, method: Method, url: Url) -> Result<RequestBuilder, WebError> {
        admit(&url, self.reach)?;
        Ok(self.client.request(method, url))
    }
}
