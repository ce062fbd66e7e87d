//! The HTTP API and what stands behind it.

use super::findings::Fault;
use super::view::{Resource, View};

/// An HTTP API gives up after this many seconds (API Gateway quotas).
const API_SECONDS: u64 = 30;

pub(super) fn routes_without_authorizer<'a>(view: &View<'a>) -> Vec<Fault<'a>> {
    let open = view.typed("AWS::ApiGatewayV2::Route").filter(is_open);
    open.map(|route| (route, "is a route that lets everybody in: it has no authorizer".into()))
        .collect()
}

fn is_open(route: &Resource<'_>) -> bool {
    match route.get("AuthorizationType").as_str() {
        None | Some("NONE") => true,
        Some("JWT" | "CUSTOM") => !route.has("AuthorizerId"),
        Some(_) => false,
    }
}

pub(super) fn slow_functions<'a>(view: &View<'a>) -> Vec<Fault<'a>> {
    let integrations = view.typed("AWS::ApiGatewayV2::Integration");
    let behind = integrations.filter_map(|one| view.function(one.get("IntegrationUri")));
    let slow = behind.filter(|function| function.number("Timeout") > Some(API_SECONDS));
    let what = format!("may take longer than the {API_SECONDS} s that an HTTP API waits");
    slow.map(|function| (function, what.clone())).collect()
}
