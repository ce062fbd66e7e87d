//! Who a caller is: the one development user, or whoever the token says.

use super::super::jwt::{TokenError, Verifier};
use axum::http::{HeaderMap, header};
use scheduler_runtime::items::Caller;

/// How callers are told apart.
#[derive(Debug)]
pub(in super::super) enum Door {
    /// Nobody is asked: everybody on this machine is this user.
    Open(Caller),
    /// Every call carries a token of the issuer.
    Tokens(Box<Verifier>),
}

/// Why a caller is nobody: 401.
#[derive(Debug, thiserror::Error)]
pub(super) enum Denied {
    #[error("the token is missing: `Authorization: Bearer <token>`")]
    Missing,
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error("the token lacks the claims `cognito:username` and `email`")]
    Claims,
}

impl Door {
    /// The caller; `now` is real time, epoch seconds.
    pub(super) async fn caller(&self, headers: &HeaderMap, now: i64) -> Result<Caller, Denied> {
        let verifier = match self {
            Self::Open(caller) => return Ok(caller.clone()),
            Self::Tokens(verifier) => verifier,
        };
        let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = token.ok_or(Denied::Missing)?;
        let token = match token.get(..7) {
            Some(scheme) if scheme.eq_ignore_ascii_case("bearer ") => &token[7..],
            _ => token,
        };
        let claims = verifier.claims(token.trim(), now).await?;
        Caller::of(&claims).ok_or(Denied::Claims)
    }
}
