//! The Lambda Runtime API of one child, version 2018-06-01, as the developer guide has it
//! ("Using the Lambda runtime API for custom runtimes").
//!
//! In: events, one at a time. Out: what the child says of each. Deliberately absent: extensions,
//! telemetry and SnapStart, which no consumer sees unless it asks for them.

use super::answer::{Answer, Raised};
use super::ids;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, oneshot, watch};

/// What Lambda takes as a response: 6 MB and a little.
const RESPONSE_MAX: usize = 6 * 1024 * 1024 + 100;
/// What is read of a larger one before it is refused.
const PATIENCE: usize = 16 * RESPONSE_MAX;
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";

/// An event on its way to a child.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) request_id: String,
    pub(super) payload: Bytes,
    pub(super) arn: String,
    /// When the run has to be done, since 1970.
    pub(super) deadline: Duration,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// What the pool sees of a child's API.
pub(super) struct Door {
    events: mpsc::Sender<Event>,
    phase: watch::Receiver<Phase>,
}

/// How far a child has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    /// It has not asked for an event yet.
    Starting,
    /// It said why it never will.
    Failed(Raised),
    /// It has asked, and works on none.
    Ready,
    /// It works on one.
    Running,
}

struct Api {
    events: tokio::sync::Mutex<mpsc::Receiver<Event>>,
    phase: watch::Sender<Phase>,
    run: Mutex<Option<Run>>,
}

/// What the child works on.
struct Run {
    request_id: String,
    answer: oneshot::Sender<Answer>,
}

/// The routes for one child at this address, and the pool's side of them.
pub(super) fn open(address: &str) -> (Router, Door) {
    let (sender, receiver) = mpsc::channel(1);
    let (phase, seen) = watch::channel(Phase::Starting);
    let api = Api { events: tokio::sync::Mutex::new(receiver), phase, run: Mutex::default() };
    let routes = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .fallback(unknown)
        .layer(middleware::from_fn_with_state(Arc::<str>::from(address), no_browsers))
        .with_state(Arc::new(api));
    (routes, Door { events: sender, phase: seen })
}

impl Door {
    /// Hands over an event; `false` where one is waiting already.
    pub(super) fn offer(&self, event: Event) -> bool {
        self.events.try_send(event).is_ok()
    }

    /// Whether the child has taken the event that it was offered.
    pub(super) fn has_taken(&self) -> bool {
        self.events.capacity() > 0
    }

    /// Waits until the child has asked for its first event, or said that it cannot.
    pub(super) async fn started(&mut self) -> Result<(), Raised> {
        match self.phase.wait_for(|phase| *phase != Phase::Starting).await.as_deref() {
            Ok(Phase::Failed(raised)) => Err(raised.clone()),
            Ok(_) => Ok(()),
            // The routes are gone, and the child with them.
            Err(_) => Err(Raised::default()),
        }
    }
}

impl Api {
    fn run(&self) -> MutexGuard<'_, Option<Run>> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who waits for this run's answer.
    fn end(&self, request_id: &str) -> Result<Run, Refusal> {
        self.expect(request_id)?;
        let ended = self.run().take().ok_or(Refusal::NoRun);
        self.phase.send_replace(Phase::Ready);
        ended
    }

    fn expect(&self, request_id: &str) -> Result<(), Refusal> {
        match &*self.run() {
            None => Err(Refusal::NoRun),
            Some(run) if run.request_id != request_id => Err(Refusal::OtherRun),
            Some(_) => Ok(()),
        }
    }
}

async fn next(State(api): State<Arc<Api>>) -> Response {
    let unanswered = api.run().take();
    if let Some(run) = unanswered {
        let what = "it asked for the next event without answering this one";
        // Nobody waits any more where the run is over for another reason.
        let _ = run.answer.send(Answer::Garbage(what.to_owned()));
        return Refusal::Unanswered.into_response();
    }
    api.phase.send_if_modified(|phase| {
        let starting = *phase == Phase::Starting;
        if starting {
            *phase = Phase::Ready;
        }
        starting
    });
    let event = api.events.lock().await.recv().await;
    let Some(Event { request_id, payload, arn, deadline, answer }) = event else {
        return Refusal::Ended.into_response();
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let headers = [
        ("lambda-runtime-aws-request-id", request_id.clone()),
        ("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
        ("lambda-runtime-invoked-function-arn", arn),
        ("lambda-runtime-trace-id", ids::trace_id(now.as_secs())),
        ("content-type", "application/json".to_owned()),
    ];
    *api.run() = Some(Run { request_id, answer });
    api.phase.send_replace(Phase::Running);
    (headers, payload).into_response()
}

async fn response(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, Refusal> {
    // Asked before as well: nobody else's megabytes are read.
    api.expect(&id)?;
    let read = read(body).await;
    let answer = api.end(&id)?.answer;
    let (said, reply) = match read {
        Ok(bytes) => (Answer::Response(bytes), accepted()),
        Err(Unread::Raised(raised)) => (Answer::Error(raised), accepted()),
        Err(Unread::TooLarge) => {
            let what = format!("it has more than the {RESPONSE_MAX} bytes that Lambda takes");
            (Answer::Garbage(what), Refusal::TooLarge.into_response())
        }
        Err(Unread::Truncated) => {
            let what = "it broke off".to_owned();
            (Answer::Garbage(what), Refusal::Truncated.into_response())
        }
    };
    let _ = answer.send(said);
    Ok(reply)
}

async fn error(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    api.expect(&id)?;
    let raised = raised(&headers, body).await;
    let _ = api.end(&id)?.answer.send(Answer::Error(raised));
    Ok(accepted())
}

async fn init_error(State(api): State<Arc<Api>>, headers: HeaderMap, body: Body) -> Response {
    let raised = raised(&headers, body).await;
    let starting = api.phase.send_if_modified(|phase| {
        let starting = *phase == Phase::Starting;
        if starting {
            *phase = Phase::Failed(raised);
        }
        starting
    });
    if starting { accepted() } else { Refusal::Started.into_response() }
}

async fn raised(headers: &HeaderMap, body: Body) -> Raised {
    let kind = headers.get(ERROR_TYPE).and_then(|kind| kind.to_str().ok());
    // A body that cannot be read is no reason to think that there was no error.
    Raised::read(&read(body).await.unwrap_or_default(), kind)
}

async fn unknown() -> Refusal {
    Refusal::Unknown
}

/// A web page must not take events away, or answer them. Runtimes that fetch as browsers do say
/// much of what those say, but not from where; and they call the address that they were given, not
/// a name that somebody lets point here.
async fn no_browsers(State(address): State<Arc<str>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let of_a_page = headers.get(header::ORIGIN).is_some_and(|origin| origin != "null");
    let elsewhere =
        headers.get(header::HOST).is_none_or(|host| host.as_bytes() != address.as_bytes());
    match of_a_page || elsewhere || headers.contains_key("sec-fetch-site") {
        true => Refusal::Browser.into_response(),
        false => next.run(request).await,
    }
}

/// Why a body is no response.
enum Unread {
    TooLarge,
    Truncated,
    /// A streamed response may end with an error.
    Raised(Raised),
}

/// All of a body. A streamed response is no more than bytes, but its trailers may tell of an error.
async fn read(mut body: Body) -> Result<Bytes, Unread> {
    let (mut bytes, mut count) = (Vec::new(), 0);
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|_| Unread::Truncated)?;
        if let Some(trailers) = frame.trailers_ref() {
            if let Some(kind) = trailers.get(ERROR_TYPE) {
                let detail = trailers.get("lambda-runtime-function-error-body");
                let detail = detail.map_or(&b""[..], |detail| detail.as_bytes());
                let detail = decoded(detail).unwrap_or_else(|| detail.to_vec());
                return Err(Unread::Raised(Raised::read(&detail, kind.to_str().ok())));
            }
        } else if let Some(chunk) = frame.data_ref() {
            count += chunk.len();
            match count {
                0..=RESPONSE_MAX => bytes.extend_from_slice(chunk),
                // Who still writes does not read what is wrong.
                _ if count < PATIENCE => bytes.clear(),
                _ => return Err(Unread::TooLarge),
            }
        }
    }
    if count > RESPONSE_MAX { Err(Unread::TooLarge) } else { Ok(bytes.into()) }
}

fn decoded(base64: &[u8]) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(base64).ok()
}

fn accepted() -> Response {
    reply(StatusCode::ACCEPTED, &json!({ "status": "OK" }))
}

fn reply(status: StatusCode, body: &Value) -> Response {
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}

/// A request that makes no sense now, with the words of the real API where it has some.
#[derive(Debug, Clone, Copy)]
enum Refusal {
    NoRun,
    OtherRun,
    Unanswered,
    Started,
    TooLarge,
    Truncated,
    Ended,
    Browser,
    Unknown,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        const TRANSITION: &str = "InvalidStateTransition";
        let (status, kind, message) = match self {
            Self::NoRun => (403, TRANSITION, "there is no invocation to answer"),
            Self::OtherRun => (400, "InvalidRequestID", "Invalid request ID"),
            Self::Unanswered => (403, TRANSITION, "the last invocation was not answered"),
            Self::Started => (403, TRANSITION, "the runtime has started already"),
            Self::TooLarge => {
                let what = "Exceeded maximum allowed payload size (6291556 bytes).";
                (413, "RequestEntityTooLarge", what)
            }
            Self::Truncated => (400, "TruncatedHTTPRequest", "HTTP request detected as truncated"),
            Self::Ended => (410, "Gone", "the function is being stopped"),
            Self::Browser => (403, "Forbidden", "this is for a Lambda runtime, not for a browser"),
            Self::Unknown => (404, "NotFound", "the Lambda runtime API has no such route"),
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        reply(status, &json!({ "errorMessage": message, "errorType": kind }))
    }
}
