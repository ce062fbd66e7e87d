//! From names to addresses, and only to those that may be asked.
//!
//! The client connects to exactly what comes out of here: nothing is looked up twice, so a name
//! that changes its mind in between (DNS rebinding) gains nothing.

use super::error::{NotPublic, WebError};
use super::reach::Reach;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

/// The answer of a name service.
pub type Answer = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Knows the addresses of names.
pub trait Names: Send + Sync {
    /// All addresses of a name.
    fn look_up(&self, host: String) -> Answer;
}

/// The system's resolver.
#[derive(Debug, Clone, Copy)]
pub struct SystemNames;

impl Names for SystemNames {
    fn look_up(&self, host: String) -> Answer {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// The resolver of the client: what is not covered does not exist.
pub(super) struct Guarded {
    pub(super) names: Arc<dyn Names>,
    pub(super) reach: Reach,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let answer = self.names.look_up(host.clone());
        let reach = self.reach;
        Box::pin(async move {
            let mut found = answer.await?;
            found.retain(|address| reach.covers(*address));
            if found.is_empty() {
                return Err(NotPublic { host }.into());
            }
            let addresses = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

/// Refuses addresses written as numbers, for which the client asks no resolver, and schemes other
/// than http and https.
pub(super) fn admit(url: &Url, reach: Reach) -> Result<(), WebError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(WebError::Address { url: url.to_string() });
    }
    let host = url.host_str().unwrap_or_default();
    let number = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match number {
        Ok(address) if !reach.covers(address) => Err(WebError::Refused { host: host.to_owned() }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(url: &str, reach: Reach) -> bool {
        admit(&Url::parse(url).unwrap(), reach).is_ok()
    }

    #[test]
    fn numbers_in_every_spelling_are_refused() {
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://[::1]:8080/",
            "http://[::ffff:169.254.169.254]/",
            "http://10.1/",
            "http://user@169.254.169.254/latest/meta-data",
            "http://０x7f.0.0.1/",
        ] {
            assert!(!admitted(url, Reach::Public), "{url}");
        }
    }

    #[test]
    fn loopback_is_open_only_where_tests_say_so() {
        assert!(admitted("http://127.0.0.1:9/", Reach::PublicAndLoopback));
        assert!(!admitted("http://10.0.0.1/", Reach::PublicAndLoopback));
        assert!(!admitted("http://169.254.169.254/", Reach::PublicAndLoopback));
        assert!(admitted("https://1.1.1.1/", Reach::Public));
    }

    #[test]
    fn only_web_addresses() {
        for url in ["file:///etc/passwd", "ftp://example.com/", "data:text/html,x"] {
            assert!(!admitted(url, Reach::Public), "{url}");
        }
    }
}
