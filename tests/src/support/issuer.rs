//! An issuer of tokens on loopback: discovery, keys, and tokens signed as a real one signs them.

use super::contract::Who;
use crate::outcome::{Outcome, fail};
use crate::places;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

/// Who tokens are for.
pub const AUDIENCE: &str = "the-tests";
const KEY_ID: &str = "test-key";

/// A running issuer; it ends with the test's process.
#[derive(Debug)]
pub struct Issuer {
    url: String,
    key: RsaKeyPair,
}

impl Issuer {
    /// Serves at a free port.
    ///
    /// # Errors
    /// No port, or no key.
    pub fn serve() -> Outcome<Self> {
        let path = places::repository().join("tests/fixtures/issuer/key.pk8");
        let key = RsaKeyPair::from_pkcs8(&fs::read(path)?)
            .or_else(|error| fail(format!("the issuer's key: {error}")))?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let public: PublicKeyComponents<Vec<u8>> = key.public_key().into();
        let discovery = json!({"issuer": url, "jwks_uri": format!("{url}/keys")});
        let (n, e) = (URL_SAFE_NO_PAD.encode(public.n), URL_SAFE_NO_PAD.encode(public.e));
        let keys = json!({"keys": [{"kid": KEY_ID, "kty": "RSA", "alg": "RS256", "n": n, "e": e}]});
        thread::spawn(move || {
            for caller in listener.incoming().flatten() {
                // A caller that breaks off is the caller's affair.
                answer(caller, &discovery, &keys).ok();
            }
        });
        Ok(Self { url, key })
    }

    /// Its address, the `iss` of its tokens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A user with a token that holds for an hour.
    ///
    /// # Errors
    /// A key that does not sign.
    pub fn sign_in(&self, email: &str) -> Outcome<Who> {
        let name = email.split('@').next().unwrap_or(email);
        let claims = json!({"cognito:username": name, "email": email});
        Ok(Who { email: email.into(), token: self.token(&claims)? })
    }

    /// A token with these claims besides the usual ones, which they may replace.
    ///
    /// # Errors
    /// A key that does not sign.
    pub fn token(&self, claims: &Value) -> Outcome<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let mut all =
            json!({"iss": self.url, "aud": AUDIENCE, "iat": now, "exp": now + 3600, "sub": "x"});
        if let (Some(all), Some(claims)) = (all.as_object_mut(), claims.as_object()) {
            all.extend(claims.clone());
        }
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": KEY_ID});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&all));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .or_else(|error| fail(error.to_string()))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn answer(mut stream: TcpStream, discovery: &Value, keys: &Value) -> Outcome {
    let mut reader = BufReader::new(&stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let body = match first.split_whitespace().nth(1) {
        Some("/.well-known/openid-configuration") => discovery.to_string(),
        _ => keys.to_string(),
    };
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )?;
    Ok(())
}
