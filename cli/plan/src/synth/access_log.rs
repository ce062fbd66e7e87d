//! What the API writes of each request.

use serde_json::{Value, json};

/// One JSON object a request (API Gateway's `$context` variables for HTTP APIs).
pub(super) const FORMAT: &str = concat!(
    r#"{"requestId":"$context.requestId","time":"$context.requestTime","#,
    r#""ip":"$context.identity.sourceIp","route":"$context.routeKey","#,
    r#""status":"$context.status","bytes":"$context.responseLength","#,
    r#""ms":"$context.responseLatency","error":"$context.error.message","#,
    r#""authorizer":"$context.authorizer.error","#,
    r#""integration":"$context.integrationErrorMessage"}"#,
);

/// The log group's ARN, without the `:*` that `Fn::GetAtt` has and this setting does not take.
pub(super) fn arn() -> Value {
    let head = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}";
    json!({ "Fn::Sub": format!("{head}:log-group:${{ApiLogs}}") })
}
