//! One plain HTTP exchange with the SDK's own connector: no signature, no retry, no redirects, and
//! no further HTTP crate.

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use std::time::Duration;

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// `GET` and the like; empty: `GET`.
    pub method: String,
    /// An http or https URL.
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// Empty: none.
    pub body: Vec<u8>,
}

/// Where a call really goes. An emulator tells deployed APIs apart by the Host header
/// (`<api id>.execute-api.localhost`), so what was meant for one goes to its endpoint instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The URL to call.
    pub url: String,
    /// The Host header, where it is not the URL's own.
    pub host: Option<String>,
}

impl Route {
    /// The way to `url`, past an emulator's endpoint where there is one.
    #[must_use]
    pub fn to(url: &str, endpoint: Option<&str>) -> Self {
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

/// What is answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// All of it.
    pub body: Vec<u8>,
}

impl Reply {
    /// The first header of this name, in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// No answer came.
#[derive(Debug, thiserror::Error)]
#[error("`{url}` does not answer: {detail}")]
pub struct NoAnswer {
    /// What was asked.
    pub url: String,
    /// Why, as the connector says it.
    pub detail: String,
}

/// Sends one request and reads the whole answer.
///
/// # Errors
/// Where no whole answer comes; any status is an answer.
pub async fn send(request: Request) -> Result<Reply, NoAnswer> {
    let Request { method, url, headers, body } = request;
    let fail = |detail: String| NoAnswer { url: url.clone(), detail };
    let mut call = HttpRequest::new(match body.is_empty() {
        true => SdkBody::empty(),
        false => SdkBody::from(body),
    });
    if !method.is_empty() {
        call.set_method(&method).map_err(|error| fail(error.to_string()))?;
    }
    call.set_uri(url.clone()).map_err(|error| fail(error.to_string()))?;
    for (name, value) in headers {
        call.headers_mut()
            .try_insert(name, value)
            .map_err(|error| fail(format!("the header `{name}`: {error}")))?;
    }
    let answer = connector().call(call).await.map_err(|error| fail(sentence(&error)))?;
    let status = answer.status().as_u16();
    let named = answer.headers().iter();
    let headers = named.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let body = collected(answer.into_body()).await.map_err(fail)?;
    Ok(Reply { status, headers, body })
}

async fn collected(body: SdkBody) -> Result<Vec<u8>, String> {
    use aws_smithy_types::byte_stream::ByteStream;
    let stream = ByteStream::new(body);
    let bytes = stream.collect().await.map_err(|error| sentence(&error))?;
    Ok(bytes.to_vec())
}

/// An error and its causes: the outermost alone says only that something failed.
fn sentence(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let said = inner.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = inner.source();
    }
    text
}

fn connector() -> Connector {
    let settings = HttpConnectorSettings::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_secs(30))
        .build();
    Connector::builder()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .connector_settings(settings)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn through_an_emulator_the_api_is_named_by_the_host_header() {
        let url = "https://abc.execute-api.eu-central-1.amazonaws.com/v1/jobs";
        let route = Route::to(url, Some("http://127.0.0.1:4614/"));
        assert_eq!(route.url, "http://127.0.0.1:4614/v1/jobs");
        assert_eq!(route.host.as_deref(), Some("abc.execute-api.localhost"));
        assert_eq!(Route::to(url, None), Route { url: url.into(), host: None });
    }
}
