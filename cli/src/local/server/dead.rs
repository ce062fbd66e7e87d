//! What was given up, listed and tried again: routes of this server alone. On AWS, dead letters lie
//! in queues.

use super::super::clock::wall_ms;
use super::guard;
use super::serve::{Shared, json_response, refused, with_origin};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use scheduler_runtime::local::Revived;
use scheduler_runtime::ports::Failure;
use serde_json::{Value, json};
use std::sync::Arc;

/// Dead letters of one answer.
const MOST: usize = 1000;

/// `GET /v1/dead_letters`
pub(super) async fn list(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let (user, origin) = match admitted(&shared, &headers).await {
        Ok(admitted) => admitted,
        Err(response) => return *response,
    };
    let dead = shared.worlds.current().api.store.dead(&user, MOST).await;
    let answer = match dead {
        Ok(dead) => json_response(StatusCode::OK, &dead.into_iter().map(Value::Object).collect()),
        Err(failure) => failed(&shared, &failure),
    };
    with_origin(answer, origin)
}

/// `POST /v1/dead_letters/{id}/retry`
pub(super) async fn retry(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let (user, origin) = match admitted(&shared, &headers).await {
        Ok(admitted) => admitted,
        Err(response) => return *response,
    };
    let revived = shared.worlds.current().api.store.revive(&user, &id).await;
    let answer = match revived {
        Ok(Revived::Done) => json_response(StatusCode::OK, &json!({"id": id})),
        Ok(Revived::Not(why)) => json_response(StatusCode::CONFLICT, &json!({"message": why})),
        Ok(Revived::Unknown) => {
            let what = format!("there is no dead letter `{id}`");
            json_response(StatusCode::NOT_FOUND, &json!({"message": what}))
        }
        Err(failure) => failed(&shared, &failure),
    };
    with_origin(answer, origin)
}

/// Whoever calls, and the page that they call from.
type Admitted = (String, Option<HeaderValue>);

async fn admitted(shared: &Shared, headers: &HeaderMap) -> Result<Admitted, Box<Response>> {
    let origin = guard::admit(shared.pages(), headers)
        .map_err(|refusal| Box::new(refused(&refusal.to_string())))?;
    match shared.door.caller(headers, wall_ms() / 1000).await {
        Ok(caller) => Ok((caller.user_id, origin)),
        Err(denied) => {
            let body = json!({"message": denied.to_string()});
            Err(Box::new(with_origin(json_response(StatusCode::UNAUTHORIZED, &body), origin)))
        }
    }
}

fn failed(shared: &Shared, failure: &Failure) -> Response {
    shared.log.trouble(&failure.sentence());
    let body = json!({"message": "something went wrong on the server; try again later"});
    json_response(StatusCode::INTERNAL_SERVER_ERROR, &body)
}
