//! From a code, or an old login, to tokens.

use super::pkce::form;
use crate::http::{self, NoAnswer, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::io;

/// Why nobody is logged in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The issuer does not answer.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// The issuer said no.
    #[error("the issuer refused the login: {0}")]
    Refused(String),
    /// The issuer's answer is of another shape.
    #[error("`{url}` answered something unexpected: {detail}")]
    Shape {
        /// What was asked.
        url: String,
        /// What is wrong.
        detail: String,
    },
    /// Nobody can come back.
    #[error("cannot listen on {address} for the browser to come back: {error}")]
    Listen {
        /// Where.
        address: &'static str,
        /// Why.
        error: io::Error,
    },
    /// The browser did not come back.
    #[error("nobody has logged in within {minutes} minutes")]
    NobodyCame {
        /// How long it was waited for.
        minutes: u64,
    },
    /// No random bytes.
    #[error("the system gives no random bytes")]
    Random,
}

/// Where an issuer logs people in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Endpoints {
    /// The page for the browser.
    pub authorization_endpoint: String,
    /// Where codes are redeemed.
    pub token_endpoint: String,
}

/// What a login gives.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Tokens {
    /// Who it is, signed.
    pub id_token: String,
    /// What gets another one.
    pub refresh_token: Option<String>,
    /// Seconds.
    #[serde(default = "an_hour")]
    pub expires_in: i64,
}

fn an_hour() -> i64 {
    3600
}

impl Endpoints {
    /// As the issuer's discovery document tells (OpenID Connect Discovery 1.0, section 4).
    ///
    /// # Errors
    /// Where it has none.
    pub async fn of(issuer: &str) -> Result<Self, LoginError> {
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        read(Request { url, ..Request::default() }).await
    }
}

/// Redeems a code.
///
/// # Errors
/// Where the issuer refuses.
pub async fn exchange(
    token_endpoint: &str,
    client_id: &str,
    redirect: &str,
    (code, verifier): (&str, &str),
) -> Result<Tokens, LoginError> {
    let body = form(&[
        ("grant_type", "authorization_code"),
        ("client_id", client_id),
        ("redirect_uri", redirect),
        ("code", code),
        ("code_verifier", verifier),
    ]);
    read(post(token_endpoint, body)).await
}

/// Another ID token for an old login.
///
/// # Errors
/// Where the issuer refuses: the login is over.
pub async fn refresh(
    token_endpoint: &str,
    client_id: &str,
    refresh_token: &str,
) -> Result<Tokens, LoginError> {
    let body = form(&[
        ("grant_type", "refresh_token"),
        ("client_id", client_id),
        ("refresh_token", refresh_token),
    ]);
    read(post(token_endpoint, body)).await
}

fn post(url: &str, body: String) -> Request {
    Request {
        method: "POST".to_owned(),
        url: url.to_owned(),
        headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
        body: body.into_bytes(),
    }
}

async fn read<T: DeserializeOwned>(request: Request) -> Result<T, LoginError> {
    let url = request.url.clone();
    let reply = http::send(request).await?;
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    match reply.status {
        200 => serde_json::from_str(&text)
            .map_err(|error| LoginError::Shape { url, detail: error.to_string() }),
        400 | 401 | 403 => Err(LoginError::Refused(text)),
        status => Err(LoginError::Shape { url, detail: format!("status {status}") }),
    }
}
