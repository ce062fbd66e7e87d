//! Tokens of an issuer, checked as API Gateway's JWT authorizer does: RSA signature by a key of the
//! issuer's key set, `iss`, `aud` or `client_id`, `exp`, `nbf`, `iat` (API Gateway developer guide,
//! "Control access to HTTP APIs with JWT authorizers").
//!
//! In: a token's text. Out: its claims. Deliberately absent: who the claims make the caller.

use crate::http::{self, Request};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Why a token is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenError {
    #[error("the token is no JWT")]
    Shape,
    #[error("the token is signed with `{0}`; it has to be RS256, RS384 or RS512")]
    Algorithm(String),
    #[error("the token's signature is not the issuer's")]
    Signature,
    #[error("the token's `{0}` does not fit")]
    Claim(&'static str),
    #[error("the issuer's keys cannot be had: {0}")]
    Keys(String),
}

/// A key set is fetched again for an unknown key, but not more often than this.
const REFETCH: Duration = Duration::from_secs(60);
/// An issuer that cannot be reached is asked again after this.
const RETRY: Duration = Duration::from_secs(5);
/// How long an issuer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Checks the tokens of one issuer.
#[derive(Debug)]
pub(super) struct Verifier {
    issuer: String,
    audience: Vec<String>,
    known: Mutex<Known>,
    /// One fetch for all who wait for it; whose key is known does not.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    keys: Vec<Key>,
    fetched: Option<Instant>,
    failed: Option<(Instant, String)>,
}

#[derive(Debug, Clone, Deserialize)]
struct Key {
    #[serde(default)]
    kid: String,
    #[serde(default)]
    kty: String,
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: String,
}

impl Verifier {
    pub(super) fn new(issuer: &str, audience: &[String]) -> Self {
        Self {
            issuer: issuer.to_owned(),
            audience: audience.to_vec(),
            known: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        }
    }

    /// The claims of a token that holds at `now`, epoch seconds.
    pub(super) async fn claims(
        &self,
        token: &str,
        now: i64,
    ) -> Result<Map<String, Value>, TokenError> {
        let token = Token::parse(token)?;
        let key = self.key(&token.header.kid).await?.ok_or(TokenError::Signature)?;
        token.verify(&key)?;
        self.judge(&token.claims, now)?;
        Ok(token.claims)
    }

    fn judge(&self, claims: &Map<String, Value>, now: i64) -> Result<(), TokenError> {
        let stamp = |name: &str| claims.get(name).and_then(Value::as_f64);
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
        let now = now as f64;
        if claims.get("iss").and_then(Value::as_str) != Some(&self.issuer) {
            return Err(TokenError::Claim("iss"));
        }
        if !self.is_meant(claims.get("aud").or_else(|| claims.get("client_id"))) {
            return Err(TokenError::Claim("aud"));
        }
        match (stamp("exp"), stamp("nbf"), stamp("iat")) {
            (None, _, _) => Err(TokenError::Claim("exp")),
            (Some(end), _, _) if end <= now => Err(TokenError::Claim("exp")),
            (_, Some(start), _) if start > now => Err(TokenError::Claim("nbf")),
            (_, _, Some(issued)) if issued > now + 60.0 => Err(TokenError::Claim("iat")),
            _ => Ok(()),
        }
    }

    fn is_meant(&self, audience: Option<&Value>) -> bool {
        let known = |value: &Value| {
            value.as_str().is_some_and(|text| self.audience.iter().any(|known| known == text))
        };
        match audience {
            Some(Value::Array(several)) => several.iter().any(known),
            Some(one) => known(one),
            None => false,
        }
    }

    async fn key(&self, kid: &str) -> Result<Option<Key>, TokenError> {
        if let Some(answer) = self.known().key(kid) {
            return answer;
        }
        let _turn = self.fetching.lock().await;
        if let Some(answer) = self.known().key(kid) {
            return answer;
        }
        let fetched = tokio::time::timeout(PATIENCE, fetch(&self.issuer)).await;
        let slow = || format!("`{}` does not answer within {} s", self.issuer, PATIENCE.as_secs());
        let fetched = fetched.unwrap_or_else(|_| Err(slow()));
        let (mut known, now) = (self.known(), Instant::now());
        match fetched {
            Ok(keys) => *known = Known { keys, fetched: Some(now), failed: None },
            Err(why) => known.failed = Some((now, why)),
        }
        known.key(kid).unwrap_or(Ok(None))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// `None`: the issuer has to be asked.
    fn key(&self, kid: &str) -> Option<Result<Option<Key>, TokenError>> {
        if let Some(key) = self.keys.iter().find(|key| key.kid == kid) {
            return Some(Ok(Some(key.clone())));
        }
        match &self.failed {
            Some((at, why)) if at.elapsed() < RETRY => {
                return Some(Err(TokenError::Keys(why.clone())));
            }
            _ => {}
        }
        self.fetched.filter(|at| at.elapsed() < REFETCH).map(|_| Ok(None))
    }
}

struct Token<'a> {
    header: Header,
    claims: Map<String, Value>,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Token<'a> {
    fn parse(token: &'a str) -> Result<Self, TokenError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Shape)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenError::Shape)?;
        let header: Header =
            serde_json::from_slice(&decoded(header)?).map_err(|_| TokenError::Shape)?;
        let claims = serde_json::from_slice(&decoded(claims)?).map_err(|_| TokenError::Shape)?;
        Ok(Self { header, claims, signed, signature: decoded(signature)? })
    }

    fn verify(&self, key: &Key) -> Result<(), TokenError> {
        let parameters = parameters(&self.header.alg)?;
        if key.kty != "RSA" {
            return Err(TokenError::Signature);
        }
        let key = RsaPublicKeyComponents { n: decoded(&key.n)?, e: decoded(&key.e)? };
        let verified = key.verify(parameters, self.signed.as_bytes(), &self.signature);
        verified.map_err(|_| TokenError::Signature)
    }
}

fn parameters(algorithm: &str) -> Result<&'static RsaParameters, TokenError> {
    match algorithm {
        "RS256" => Ok(&RSA_PKCS1_2048_8192_SHA256),
        "RS384" => Ok(&RSA_PKCS1_2048_8192_SHA384),
        "RS512" => Ok(&RSA_PKCS1_2048_8192_SHA512),
        other => Err(TokenError::Algorithm(other.to_owned())),
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Shape)
}

/// Through the issuer's discovery document (OpenID Connect Discovery 1.0, section 4).
async fn fetch(issuer: &str) -> Result<Vec<Key>, String> {
    #[derive(Deserialize)]
    struct Discovery {
        jwks_uri: String,
    }
    #[derive(Deserialize)]
    struct KeySet {
        keys: Vec<Key>,
    }
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let discovery: Discovery = json(&url).await?;
    let set: KeySet = json(&discovery.jwks_uri).await?;
    Ok(set.keys)
}

async fn json<T: for<'de> Deserialize<'de>>(url: &str) -> Result<T, String> {
    let request = Request { url: url.to_owned(), ..Request::default() };
    let reply = http::send(request).await.map_err(|error| error.to_string())?;
    match reply.status {
        200 => serde_json::from_slice(&reply.body).map_err(|error| format!("`{url}`: {error}")),
        status => Err(format!("`{url}` answers {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// An issuer whose key has this name; an empty one: it answers 500. How often it was asked.
    async fn issuer() -> (String, Arc<Mutex<(&'static str, usize)>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(("", 0)));
        let (own, shared) = (url.clone(), Arc::clone(&state));
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut asked = vec![0; 4096];
                let count = stream.read(&mut asked).await.unwrap();
                let kid = {
                    let mut state = shared.lock().unwrap();
                    state.1 += 1;
                    state.0
                };
                let discovers = String::from_utf8_lossy(&asked[..count]).contains("openid");
                let body = match discovers {
                    true => json!({"jwks_uri": format!("{own}/keys")}),
                    false => json!({"keys": [{"kid": kid, "kty": "RSA"}]}),
                };
                let (status, body) = if kid.is_empty() { (500, json!({})) } else { (200, body) };
                let body = body.to_string();
                let head = format!(
                    "HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(head.as_bytes()).await.unwrap();
            }
        });
        (url, state)
    }

    #[tokio::test]
    async fn a_new_key_is_fetched_and_an_unknown_one_not_again_at_once() {
        let (url, state) = issuer().await;
        state.lock().unwrap().0 = "old";
        let verifier = Verifier::new(&url, &[]);
        assert!(verifier.key("old").await.unwrap().is_some());
        state.lock().unwrap().0 = "new";
        let before = state.lock().unwrap().1;
        assert!(verifier.key("new").await.unwrap().is_none());
        assert_eq!(state.lock().unwrap().1, before);
        verifier.known().fetched = Instant::now().checked_sub(REFETCH);
        assert!(verifier.key("new").await.unwrap().is_some());
        assert!(verifier.key("old").await.unwrap().is_none());
    }

    #[tokio::test]
    async fn an_issuer_that_is_down_is_asked_once_in_a_while_and_known_keys_hold() {
        let (url, state) = issuer().await;
        let verifier = Verifier::new(&url, &[]);
        for _ in 0..3 {
            let TokenError::Keys(why) = verifier.key("one").await.unwrap_err() else { panic!() };
            assert!(why.contains("answers 500"), "{why}");
        }
        assert_eq!(state.lock().unwrap().1, 1);
        state.lock().unwrap().0 = "one";
        verifier.known().failed = None;
        assert!(verifier.key("one").await.unwrap().is_some());
        state.lock().unwrap().0 = "";
        verifier.known().fetched = Instant::now().checked_sub(REFETCH);
        verifier.key("two").await.unwrap_err();
        assert!(verifier.key("one").await.unwrap().is_some());
    }
}
