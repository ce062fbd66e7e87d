//! Requests to addresses that a user wrote: to the public internet, and nowhere else.
//!
//! In: an address, a [`Reach`], and whoever knows the addresses of names. Out: a request that is
//! ready to be sent, or a [`WebError`]. A connection goes to an address that was checked, never to
//! what the same name leads to a moment later. Deliberately absent: redirects (each hop is a request
//! of its own, looked at like the first), cookies, compression, proxies, connections kept for later,
//! and time-outs, which are the plugin's to choose.
//!
//! ```no_run
//! use scheduler_plugin::web::reqwest::{Method, Url};
//! use scheduler_plugin::web::{Client, Reach, SystemNames, WebError};
//! use std::sync::Arc;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(Arc::new(SystemNames), Reach::from_env(), "my-plugin/1.0")?;
//! let request = client.request(Method::GET, Url::parse("https://example.com/")?)?;
//! let response = request.send().await.map_err(WebError::from)?;
//! # let _ = response;
//! # Ok(())
//! # }
//! ```

mod address;
mod client;
mod error;
mod reach;
mod resolve;

pub use client::Client;
pub use error::WebError;
pub use reach::Reach;
/// The version that [`Client`] speaks.
pub use reqwest;
pub use resolve::{Answer, Names, SystemNames};
