//! One plain GET: no signature, no retry.

use super::super::error::{CallError, CallFailure};
use super::super::ports::Call;
use crate::http::{self, Request, Route};

/// The status that a GET of the URL answers, past an emulator's endpoint where there is one.
pub(super) async fn get_status(url: &str, endpoint: Option<&str>) -> Call<u16> {
    let Route { url: called, host } = Route::to(url, endpoint);
    let headers = host.map(|host| ("host", host)).into_iter().collect();
    let request = Request { url: called.clone(), headers, ..Request::default() };
    let answer = http::send(request).await;
    answer.map(|reply| reply.status).map_err(|error| CallError {
        action: "GET",
        resource: url.to_owned(),
        arn: url.into(),
        why: CallFailure::Unreachable(called),
        detail: error.detail.into(),
    })
}
