//! The API as its template wants it.

use super::access_log;
use super::context::Tags;
use super::functions::function_id;
use crate::app::Auth;
use crate::iam;
use crate::plan::{Plan, Route};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// `api.json.j2`
#[derive(Debug, Serialize)]
pub(super) struct Api<'a> {
    name: &'a str,
    log_group: String,
    log_arn: Value,
    log_format: &'static str,
    issuer: Value,
    audience: Value,
    integrations: Vec<Integration>,
    routes: Vec<OneRoute>,
    url: Value,
    tags: &'a Tags,
}

/// One a function, however many routes lead to it.
#[derive(Debug, Serialize)]
struct Integration {
    id: String,
    function_arn: Value,
}

#[derive(Debug, Serialize)]
struct OneRoute {
    function_id: String,
    route_id: String,
    permission_id: String,
    key: String,
    target: Value,
    source_arn: Value,
}

/// The API's context.
pub(super) fn api<'a>(plan: &'a Plan, tags: &'a Tags) -> Api<'a> {
    let (issuer, audience) = tokens(&plan.root.auth);
    Api {
        name: plan.physical.prefix(),
        log_group: plan.physical.api_log(),
        log_arn: access_log::arn(),
        log_format: access_log::FORMAT,
        issuer,
        audience,
        integrations: integrations(&plan.root.routes),
        routes: plan.root.routes.iter().map(route).collect(),
        url: json!({ "Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/v1" }),
        tags,
    }
}

fn tokens(auth: &Auth) -> (Value, Value) {
    match auth {
        Auth::Cognito => (
            json!({ "Fn::Sub": "https://cognito-idp.${AWS::Region}.${AWS::URLSuffix}/${UserPool}" }),
            json!([{ "Ref": "UserPoolClient" }]),
        ),
        Auth::Jwt { issuer, audience } => (json!(issuer), json!(audience)),
    }
}

fn integrations(routes: &[Route]) -> Vec<Integration> {
    let functions: BTreeSet<&str> = routes.iter().map(|one| one.function_id.as_str()).collect();
    let integration = |id: &str| Integration {
        id: integration_id(id),
        // Of its name: an attribute would count as changed with every new code.
        function_arn: iam::function_arn(&function_id(id)),
    };
    functions.into_iter().map(integration).collect()
}

fn integration_id(function: &str) -> String {
    format!("{function}Integration")
}

fn route(route: &Route) -> OneRoute {
    let integration = integration_id(&route.function_id);
    OneRoute {
        function_id: function_id(&route.function_id),
        route_id: format!("{}Route", route.id),
        permission_id: format!("{}Permission", route.id),
        key: format!("{} {}", route.method, route.path),
        target: json!({ "Fn::Sub": format!("integrations/${{{integration}}}") }),
        source_arn: source_arn(route),
    }
}

/// One stage, one method, one path; a path's parameter matches anything (as AWS SAM writes it).
fn source_arn(route: &Route) -> Value {
    let path: Vec<&str> = route.path.split('/').map(wildcard).collect();
    let head = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/v1";
    json!({ "Fn::Sub": format!("{head}/{}{}", route.method, path.join("/")) })
}

fn wildcard(segment: &str) -> &str {
    if segment.starts_with('{') { "*" } else { segment }
}
