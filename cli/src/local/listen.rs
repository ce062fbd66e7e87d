//! Where the server listens, and to whom.

use super::broken::Broken;
use super::error::StartError;
use super::jwt::Verifier;
use super::server::{Door, Shared, router};
use super::start::{Callers, Options};
use axum::serve::ListenerExt;
use scheduler_plan::app::Auth;
use scheduler_runtime::items::Caller;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

pub(super) fn door(options: &Options) -> Result<Door, StartError> {
    match (&options.callers, &options.app.auth) {
        (Callers::One(_), _) if !options.listen.ip().is_loopback() => {
            Err(StartError::Exposed(options.listen))
        }
        (Callers::One(email), _) => {
            Ok(Door::Open(Caller { user_id: email.clone(), user_email: email.clone() }))
        }
        (Callers::OfIssuer, Auth::Jwt { issuer, audience }) => {
            Ok(Door::Tokens(Box::new(Verifier::new(issuer, audience))))
        }
        (Callers::OfIssuer, Auth::Cognito) => {
            Err(StartError::NoIssuer(options.app.env.to_string()))
        }
    }
}

pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => StartError::Taken(address),
        _ => StartError::Listen { address, error },
    })
}

pub(super) async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    (mut stop, broken): (watch::Receiver<bool>, Broken),
) {
    let listener = listener.tap_io(|stream| {
        // A small answer must not wait for a larger one.
        let _ = stream.set_nodelay(true);
    });
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    let served = axum::serve(listener, router(shared)).with_graceful_shutdown(stopped).await;
    if let Err(error) = served {
        broken.tell(format!("the API ended: {error}"));
    }
}
