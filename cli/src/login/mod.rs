//! Logging in with the browser: OAuth 2.0's authorization code flow with PKCE (RFC 7636, RFC 8252),
//! over OpenID Connect discovery.
//!
//! In: an issuer and a client id. Out: an ID token. Deliberately absent: passwords; the issuer's
//! own page asks for them.

mod callback;
mod exchange;
mod pkce;

pub use callback::{CALLBACK, Callback};
pub use exchange::{Endpoints, LoginError, Tokens, exchange, refresh};
pub use pkce::{Challenge, authorize_url};
