//! Functions as their template wants them.

use super::context::{Tags, asset_bucket};
use super::error::SynthError;
use crate::iam::{Statement, role_arn};
use crate::plan::{Function, LogFormat, Plan};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// `functions.json.j2`
#[derive(Debug, Serialize)]
pub(super) struct Functions<'a> {
    functions: Vec<OneFunction<'a>>,
    code_bucket: Value,
    tags: &'a Tags,
}

#[derive(Debug, Serialize)]
struct OneFunction<'a> {
    id: String,
    role_id: String,
    log_id: String,
    name: &'a str,
    log_group: String,
    description: &'a str,
    role_description: String,
    runtime: &'a str,
    handler: &'a str,
    architecture: &'static str,
    code_key: String,
    role_arn: Value,
    memory_mb: u32,
    reserved: Option<u32>,
    layers: &'a [String],
    timeout_seconds: u32,
    environment: &'a BTreeMap<String, Value>,
    log_format: LogFormat,
    statements: &'a [Statement],
}

/// The code's key in the asset bucket, by build unit.
pub(super) type Keys<'k> = dyn Fn(&str) -> Result<String, SynthError> + 'k;

/// The context of some functions.
pub(super) fn functions<'a>(
    plan: &'a Plan,
    functions: impl IntoIterator<Item = &'a Function>,
    keys: &Keys<'_>,
    tags: &'a Tags,
) -> Result<Functions<'a>, SynthError> {
    let all = functions.into_iter().map(|function| one(plan, function, keys));
    let functions = all.collect::<Result<_, _>>()?;
    Ok(Functions { functions, code_bucket: asset_bucket(), tags })
}

fn one<'a>(
    plan: &Plan,
    function: &'a Function,
    keys: &Keys<'_>,
) -> Result<OneFunction<'a>, SynthError> {
    let role_id = format!("{}Role", function.id);
    Ok(OneFunction {
        id: function_id(&function.id),
        log_id: format!("{}Logs", function.id),
        name: &function.name,
        log_group: plan.physical.function_log(&function.short),
        description: &function.description,
        role_description: format!("What {} may do", function.name),
        runtime: &function.runtime,
        handler: &function.handler,
        architecture: plan.architecture.as_str(),
        code_key: keys(&function.unit)?,
        role_arn: role_arn(&role_id),
        memory_mb: function.memory_mb,
        reserved: function.reserved,
        layers: &function.layers,
        timeout_seconds: function.timeout_seconds,
        environment: &function.environment,
        log_format: function.log_format,
        statements: &function.statements,
        role_id,
    })
}

/// The logical id of a function.
pub(super) fn function_id(id: &str) -> String {
    format!("{id}Function")
}
