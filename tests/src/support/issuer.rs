//! An issuer of tokens on loopback: discovery, keys, a page to log in, and tokens signed as a real
//! one signs them.

use super::contract::Who;
use crate::outcome::{Outcome, fail};
use crate::places;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

/// Who tokens are for.
pub const AUDIENCE: &str = "the-tests";
const KEY_ID: &str = "test-key";

/// A running issuer; it ends with the test's process.
#[derive(Debug)]
pub struct Issuer {
    url: String,
    signer: Signer,
    logins: Arc<Logins>,
}

/// What tokens are signed with.
#[derive(Debug, Clone)]
struct Signer {
    url: String,
    key: Arc<RsaKeyPair>,
}

/// Who is let in by the page, and what came of it.
#[derive(Debug, Default)]
struct Logins {
    /// Who sits at the browser; nobody: whoever is asked refuses.
    person: Mutex<String>,
    /// The challenge of the last page.
    challenge: Mutex<String>,
    refreshed: AtomicUsize,
}

/// What the page gives for a token, and what gets another one.
const CODE: &str = "the-code";
const REFRESH: &str = "the-refresh-token";

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
        let signer = Signer { url: url.clone(), key: Arc::new(key) };
        let logins = Arc::<Logins>::default();
        let (own, known) = (signer.clone(), Arc::clone(&logins));
        thread::spawn(move || {
            for caller in listener.incoming().flatten() {
                // A caller that breaks off is the caller's affair.
                answer(caller, &own, &known).ok();
            }
        });
        Ok(Self { url, signer, logins })
    }

    /// Its address, the `iss` of its tokens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// From now on this person sits at the browser; an empty name refuses.
    pub fn seat(&self, email: &str) {
        email.clone_into(&mut lock(&self.logins.person));
    }

    /// How often an old login got another token.
    #[must_use]
    pub fn refreshed(&self) -> usize {
        self.logins.refreshed.load(Ordering::SeqCst)
    }

    /// A user with a token that holds for an hour.
    ///
    /// # Errors
    /// A key that does not sign.
    pub fn sign_in(&self, email: &str) -> Outcome<Who> {
        Ok(Who { email: email.into(), token: self.token(&claims(email))? })
    }

    /// A token with these claims besides the usual ones, which they may replace.
    ///
    /// # Errors
    /// A key that does not sign.
    pub fn token(&self, claims: &Value) -> Outcome<String> {
        self.signer.token(claims)
    }
}

fn claims(email: &str) -> Value {
    let name = email.split('@').next().unwrap_or(email);
    json!({"cognito:username": name, "email": email})
}

fn lock(text: &Mutex<String>) -> MutexGuard<'_, String> {
    text.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Signer {
    fn token(&self, claims: &Value) -> Outcome<String> {
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

    fn discovery(&self) -> Value {
        let url = &self.url;
        json!({
            "issuer": url,
            "jwks_uri": format!("{url}/keys"),
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
        })
    }

    fn keys(&self) -> Value {
        let public: PublicKeyComponents<Vec<u8>> = self.key.public_key().into();
        let (n, e) = (URL_SAFE_NO_PAD.encode(public.n), URL_SAFE_NO_PAD.encode(public.e));
        json!({"keys": [{"kid": KEY_ID, "kty": "RSA", "alg": "RS256", "n": n, "e": e}]})
    }

    /// A code for whoever shows that they asked for it (RFC 7636), or another token for an old
    /// login. It ends soon: the next call has to get another one.
    fn redeem(&self, form: &str, logins: &Logins) -> Outcome<Value> {
        let shown = digest(&SHA256, value(form, "code_verifier").as_bytes());
        let is_asker = URL_SAFE_NO_PAD.encode(shown) == *lock(&logins.challenge);
        let is_known = match value(form, "grant_type").as_str() {
            "authorization_code" => is_asker && value(form, "code") == CODE,
            "refresh_token" => {
                logins.refreshed.fetch_add(1, Ordering::SeqCst);
                value(form, "refresh_token") == REFRESH
            }
            _ => false,
        };
        if !is_known || value(form, "client_id") != AUDIENCE {
            return Ok(Value::Null);
        }
        let token = self.token(&claims(&lock(&logins.person)))?;
        Ok(json!({"id_token": token, "refresh_token": REFRESH, "expires_in": 30}))
    }
}

/// A value of a form or a query; escapes are none of what is looked for here.
fn value(form: &str, name: &str) -> String {
    let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
    let found = pairs.into_iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| value.to_owned()).unwrap_or_default()
}

/// Back to where the browser came from, with a code or a refusal.
fn back(query: &str, logins: &Logins) -> String {
    *lock(&logins.challenge) = value(query, "code_challenge");
    let to = value(query, "redirect_uri").replace("%3A", ":").replace("%2F", "/");
    let answer = match lock(&logins.person).as_str() {
        "" => "error=access_denied".to_owned(),
        _ => format!("code={CODE}"),
    };
    format!("{to}?{answer}&state={}", value(query, "state"))
}

fn answer(mut stream: TcpStream, signer: &Signer, logins: &Logins) -> Outcome {
    let mut reader = BufReader::new(&stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        line.clear();
    }
    let mut form = vec![0; length];
    reader.read_exact(&mut form)?;
    let target = first.split_whitespace().nth(1).unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (status, location, body) = match path {
        "/.well-known/openid-configuration" => ("200 OK", String::new(), signer.discovery()),
        "/authorize" => ("302 Found", back(query, logins), Value::Null),
        "/token" => match signer.redeem(&String::from_utf8_lossy(&form), logins)? {
            Value::Null => ("400 X", String::new(), json!({"error": "invalid_grant"})),
            tokens => ("200 OK", String::new(), tokens),
        },
        _ => ("200 OK", String::new(), signer.keys()),
    };
    let (location, body) = (format!("Location: {location}\r\n"), body.to_string());
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{location}Content-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    Ok(())
}
