//! The HTTP API and what stands behind it.

use super::view::View;

/// An HTTP API gives up after this many seconds (API Gateway quotas).
const API_SECONDS: u64 = 30;

pub(super) fn routes_without_authorizer(view: &View<'_>) -> Vec<String> {
    let routes = view.typed("AWS::ApiGatewayV2::Route");
    let open = routes
        .filter(|route| route.get("AuthorizationType") != "JWT" || !route.has("AuthorizerId"));
    open.map(|route| format!("route `{}` has no authorizer", route.id)).collect()
}

pub(super) fn slow_functions(view: &View<'_>) -> Vec<String> {
    let integrations = view.typed("AWS::ApiGatewayV2::Integration");
    let behind = integrations.filter_map(|one| view.function(one.get("IntegrationUri")));
    let slow = behind.filter(|function| function.number("Timeout") > Some(API_SECONDS));
    slow.map(|function| {
        format!("`{}` may take longer than the {API_SECONDS} s of an HTTP API", function.id)
    })
    .collect()
}
