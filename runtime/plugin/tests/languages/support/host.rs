//! A Lambda Runtime API for one process: events in, what became of them out.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The handler's answer, or what it says of its failure.
pub(crate) type Outcome = Result<Value, Value>;

struct Event {
    body: String,
    deadline_ms: u128,
}

struct Shared {
    events: Mutex<UnboundedReceiver<Event>>,
    outcomes: UnboundedSender<Outcome>,
}

pub(crate) struct Host {
    pub(crate) address: SocketAddr,
    events: UnboundedSender<Event>,
    outcomes: UnboundedReceiver<Outcome>,
}

impl Host {
    /// Serves until the test ends.
    pub(crate) async fn start() -> Self {
        let (events, waiting) = unbounded_channel();
        let (told, outcomes) = unbounded_channel();
        let shared = Arc::new(Shared { events: Mutex::new(waiting), outcomes: told });
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
            .route("/2018-06-01/runtime/init/error", post(failed))
            .with_state(shared);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { address, events, outcomes }
    }

    /// Hands an event over, and waits for what becomes of it.
    pub(crate) async fn invoke(&mut self, event: &Value, within: Duration) -> Outcome {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let deadline_ms = (now + within).as_millis();
        self.events.send(Event { body: event.to_string(), deadline_ms }).unwrap();
        self.outcomes.recv().await.unwrap()
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    // None: the test is over, and the process is about to be ended.
    let Some(event) = shared.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned()),
        ("lambda-runtime-deadline-ms", event.deadline_ms.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:000000000000:function:probe".to_owned(),
        ),
    ];
    (headers, event.body).into_response()
}

async fn answered(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    let _ = shared.outcomes.send(Ok(serde_json::from_slice(&body).unwrap()));
    StatusCode::ACCEPTED
}

async fn failed(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    let _ = shared.outcomes.send(Err(serde_json::from_slice(&body).unwrap()));
    StatusCode::ACCEPTED
}
