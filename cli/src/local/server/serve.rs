//! From an HTTP request to the core's API and back.

use super::super::clock::{Clock, wall_ms};
use super::super::log::Log;
use super::super::world::Worlds;
use super::dead;
use super::door::Door;
use super::guard::{self, Pages};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{Query as Parsed, RawPathParams, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use axum::response::Response;
use axum::routing::{MethodFilter, get, on, post};
use scheduler_runtime::items::{Answer, Ask, Query, Route};
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};

/// The largest body: Lambda's limit of a synchronous invocation.
const BODY_MAX: usize = 6 * 1024 * 1024;
/// So much is read of one that is too large: a client that still sends would not hear the answer.
const READ_MAX: usize = 4 * BODY_MAX;

const NEXT_CURSOR: HeaderName = HeaderName::from_static("x-next-cursor");

/// What every request is answered with.
#[derive(Debug)]
pub(in super::super) struct Shared {
    pub(in super::super) worlds: Worlds,
    pub(in super::super) door: Door,
    pub(in super::super) clock: Arc<dyn Clock>,
    pub(in super::super) log: Log,
}

type PathParams = Result<RawPathParams, RawPathParamsRejection>;

/// All routes.
pub(in super::super) fn router(shared: Arc<Shared>) -> Router {
    let mut router = Router::new();
    for route in Route::ALL {
        let handler = async move |State(shared): State<Arc<Shared>>, path: PathParams, request| {
            // A path that is no text names no job, and nothing else.
            let job_id =
                path.ok().and_then(|path| path.iter().next().map(|(_, value)| value.to_owned()));
            served(&shared, *route, &job_id.unwrap_or_default(), request).await
        };
        let Ok(method) = MethodFilter::try_from(verb(*route)) else { continue };
        router = router.route(&format!("/v1{}", route.path()), on(method, handler));
    }
    router
        .route("/v1/dead_letters", get(dead::list))
        .route("/v1/dead_letters/{id}/retry", post(dead::retry))
        .fallback(elsewhere)
        .method_not_allowed_fallback(elsewhere)
        .with_state(shared)
}

fn verb(route: Route) -> Method {
    Method::from_bytes(route.method().as_bytes()).unwrap_or(Method::GET)
}

/// What no route is: a page's preflight, the address by itself, or nothing.
async fn elsewhere(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    let headers = request.headers();
    let origin = match guard::admit(shared.pages(), headers) {
        Ok(origin) => origin,
        Err(refusal) => return refused(&refusal.to_string()),
    };
    let preflight = header::ACCESS_CONTROL_REQUEST_METHOD;
    let answer = match (request.method(), request.uri().path()) {
        (&Method::OPTIONS, _) if headers.contains_key(preflight) => preflighted(),
        (&Method::GET, "/") => json_response(StatusCode::OK, &shared.about()),
        _ => json_response(StatusCode::NOT_FOUND, &json!({"message": "Not Found"})),
    };
    with_origin(answer, origin)
}

async fn served(shared: &Shared, route: Route, job_id: &str, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let origin = match guard::admit(shared.pages(), &parts.headers) {
        Ok(origin) => origin,
        Err(refusal) => return refused(&refusal.to_string()),
    };
    let response = answered(shared, route, job_id, (&parts.headers, &parts.uri, body)).await;
    with_origin(response, origin)
}

async fn answered(
    shared: &Shared,
    route: Route,
    job_id: &str,
    (headers, uri, body): (&HeaderMap, &axum::http::Uri, Body),
) -> Response {
    let caller = match shared.door.caller(headers, wall_ms() / 1000).await {
        Ok(caller) => caller,
        Err(denied) => {
            let body = json!({"message": denied.to_string()});
            return json_response(StatusCode::UNAUTHORIZED, &body);
        }
    };
    let body = to_bytes(body, READ_MAX).await.ok();
    let Some(body) = body.filter(|body| body.len() <= BODY_MAX) else {
        let body = json!({"message": format!("a body has at most {BODY_MAX} bytes")});
        return json_response(StatusCode::PAYLOAD_TOO_LARGE, &body);
    };
    let query = query(uri);
    let ask = Ask {
        caller: &caller,
        job_id,
        body: (!body.is_empty()).then_some(&body[..]),
        query: &query,
        if_match: headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()),
        now: shared.clock.now(),
    };
    let world = shared.worlds.current();
    let trouble = OnceLock::new();
    let answer = world.api.answer(route, ask, |failure| {
        shared.log.trouble(&failure.sentence());
        // The first is the cause; there is no other.
        let _ = trouble.set(failure.sentence());
    });
    let mut answer = answer.await;
    if let Some(trouble) = trouble.get() {
        // Whoever calls sits at this machine, or knows who does: a full disk is theirs to repair.
        answer.body = json!({"message": trouble});
    }
    from_core(answer)
}

fn query(uri: &axum::http::Uri) -> Query {
    let pairs = Parsed::<Vec<(String, String)>>::try_from_uri(uri).map(|parsed| parsed.0);
    let pairs = pairs.unwrap_or_default();
    // What comes more than once is joined with commas, as API Gateway does.
    let value = |wanted: &str| {
        let values = pairs.iter().filter(|(name, _)| name == wanted);
        let values: Vec<_> = values.map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(","))
    };
    Query { limit: value("limit"), cursor: value("cursor"), paused: value("paused") }
}

fn from_core(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json_response(status, &answer.body);
    if let Some(cursor) = answer.next_cursor.and_then(|cursor| HeaderValue::try_from(cursor).ok()) {
        response.headers_mut().insert(NEXT_CURSOR, cursor);
    }
    if let Some(etag) = answer.etag.and_then(|etag| HeaderValue::try_from(etag).ok()) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

pub(super) fn json_response(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

pub(super) fn refused(why: &str) -> Response {
    json_response(StatusCode::FORBIDDEN, &json!({"message": why}))
}

/// As the templates configure API Gateway.
fn preflighted() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let allowed = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "OPTIONS,GET,POST,PUT,DELETE"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "content-type,x-amz-date,authorization,x-api-key,x-amz-security-token,x-amz-user-agent,x-amzn-trace-id,if-match",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "300"),
    ];
    for (name, value) in allowed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

pub(super) fn with_origin(mut response: Response, origin: Option<HeaderValue>) -> Response {
    if let Some(origin) = origin {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let exposed = HeaderValue::from_static("x-next-cursor,etag");
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
    }
    response
}

impl Shared {
    pub(super) fn pages(&self) -> Pages {
        match self.door {
            Door::Open(_) => Pages::OfThisMachine,
            Door::Tokens(_) => Pages::Any,
        }
    }

    fn about(&self) -> Value {
        let world = self.worlds.current();
        json!({"scheduler": env!("CARGO_PKG_VERSION"), "api": "/v1", "job_types": world.api.creation.types.names()})
    }
}
