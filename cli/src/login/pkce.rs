//! The proof that who redeems the code is who asked for it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// A secret of this login alone, and its state.
#[derive(Debug, Clone)]
pub struct Challenge {
    /// What is shown when the code is redeemed.
    pub verifier: String,
    /// What the answer has to carry.
    pub state: String,
}

impl Challenge {
    /// A new one; `None` where the system gives no random bytes.
    #[must_use]
    pub fn new() -> Option<Self> {
        Some(Self { verifier: token()?, state: token()? })
    }

    /// `code_challenge` of method S256.
    #[must_use]
    pub fn hashed(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()))
    }
}

/// 256 bits as 43 characters.
fn token() -> Option<String> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

/// The page that asks who is there.
#[must_use]
pub fn authorize_url(
    endpoint: &str,
    client_id: &str,
    redirect: &str,
    challenge: &Challenge,
) -> String {
    let hashed = challenge.hashed();
    let query = form(&[
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", redirect),
        ("scope", "openid email"),
        ("state", &challenge.state),
        ("code_challenge_method", "S256"),
        ("code_challenge", &hashed),
    ]);
    let joint = if endpoint.contains('?') { '&' } else { '?' };
    format!("{endpoint}{joint}{query}")
}

/// Pairs as `application/x-www-form-urlencoded`.
pub(super) fn form(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<_> =
        pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    pairs.join("&")
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            // Writing to a string cannot fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

/// The value of a name in a query.
pub(super) fn value(query: &str, name: &str) -> Option<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(known, _)| *known == name).map(|(_, value)| decoded(value)).next()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let hex: String = rest.by_ref().take(2).map(char::from).collect();
                bytes.extend(u8::from_str_radix(&hex, 16).ok());
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned();
        let challenge = Challenge { verifier, state: "s".to_owned() };
        assert_eq!(challenge.hashed(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn two_logins_share_no_secret() {
        let (one, other) = (Challenge::new().unwrap(), Challenge::new().unwrap());
        assert_ne!(one.verifier, other.verifier);
        assert_ne!(one.state, other.state);
        assert_eq!(one.verifier.len(), 43);
    }

    #[test]
    fn a_query_survives_both_ways() {
        let query = form(&[("redirect_uri", "http://localhost:1/a b?c=ü&d"), ("state", "x")]);
        assert_eq!(value(&query, "redirect_uri").as_deref(), Some("http://localhost:1/a b?c=ü&d"));
        assert_eq!(value(&query, "state").as_deref(), Some("x"));
        assert_eq!(value(&query, "none"), None);
    }
}
