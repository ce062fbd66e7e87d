//! Why a server does not start, and how to go on.

use scheduler_runtime::local::OpenError;
use std::io;
use std::net::SocketAddr;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The port is another process's.
    #[error("{0} is taken by another process")]
    Taken(SocketAddr),
    /// The address is not to be had.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// Everybody on the network would be let in.
    #[error("{0} is reachable from other machines, and no caller would be asked for a token")]
    Exposed(SocketAddr),
    /// A call on the open store.
    #[error("{0}")]
    Failed(String),
    /// There is no issuer to ask.
    #[error("the env `{0}` names no issuer of tokens")]
    NoIssuer(String),
}

impl StartError {
    /// How to go on.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Store(error) => error.hint(),
            Self::Taken(_) => Some("end it, or name another port: `--port 0` takes any free one".into()),
            Self::Failed(_) => None,
            Self::Listen { .. } => Some("`--host` names an address of this machine".into()),
            Self::Exposed(_) => Some(
                "listen on 127.0.0.1, or ask for tokens: `--auth` with an env that has `auth = { jwt = ... }`".into(),
            ),
            Self::NoIssuer(env) => Some(format!(
                "write `auth = {{ jwt = {{ issuer = \"https://...\", audience = [\"...\"] }} }}` under `[env.{env}]`; a user pool of the stack's own is only there once it is deployed"
            )),
        }
    }
}
