//! One plain GET with the SDK's own connector: no signature, no retry, no further HTTP crate.

use super::super::error::{CallError, CallFailure};
use super::super::ports::Call;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use std::time::Duration;

/// The status that a GET of the URL answers. Through an emulator the API's name travels in the
/// Host header (`<api id>.execute-api.localhost`).
pub(super) async fn get_status(url: &str, endpoint: Option<&str>) -> Call<u16> {
    let target = Target::of(url, endpoint);
    let fail = |detail: String| CallError {
        action: "GET",
        resource: url.to_owned(),
        why: CallFailure::Unreachable(target.url.clone()),
        detail,
    };
    let mut request = HttpRequest::new(SdkBody::empty());
    request.set_uri(target.url.clone()).map_err(|error| fail(error.to_string()))?;
    if let Some(host) = target.host.clone() {
        request.headers_mut().insert("host", host);
    }
    let answer = connector().call(request).await;
    answer.map(|answer| answer.status().as_u16()).map_err(|error| fail(error.to_string()))
}

fn connector() -> Connector {
    let settings = HttpConnectorSettings::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_secs(15))
        .build();
    Connector::builder()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .connector_settings(settings)
        .build()
}

#[derive(Debug, PartialEq, Eq)]
struct Target {
    url: String,
    host: Option<String>,
}

impl Target {
    fn of(url: &str, endpoint: Option<&str>) -> Self {
        let direct = || Self { url: url.to_owned(), host: None };
        let Some(endpoint) = endpoint else { return direct() };
        let Some((name, path)) = split(url) else { return direct() };
        let id = name.split('.').next().unwrap_or(name);
        Self {
            url: format!("{}/{path}", endpoint.trim_end_matches('/')),
            host: Some(format!("{id}.execute-api.localhost")),
        }
    }
}

/// Host and path of an https or http URL.
fn split(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    Some(rest.split_once('/').unwrap_or((rest, "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn through_an_emulator_the_api_is_named_by_the_host_header() {
        let url = "https://abc.execute-api.eu-central-1.amazonaws.com/v1/jobs";
        let target = Target::of(url, Some("http://127.0.0.1:4614/"));
        assert_eq!(target.url, "http://127.0.0.1:4614/v1/jobs");
        assert_eq!(target.host.as_deref(), Some("abc.execute-api.localhost"));
        assert_eq!(Target::of(url, None), Target { url: url.into(), host: None });
    }
}
