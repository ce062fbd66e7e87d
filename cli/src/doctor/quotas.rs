//! What Lambda gives the account, against what the plan takes.

use super::Finding;
use crate::build::Zip;
use crate::deploy::deployed::{Deployed, read_deployed};
use crate::deploy::error::CallError;
use crate::deploy::ports::{LambdaQuotas, QuotaReader, StackReader};
use crate::text::count;
use scheduler_plan::plan::{Function, Plan};

/// Lambda keeps so many concurrent executions of an account from being reserved (AWS Lambda
/// developer guide, "Configuring reserved concurrency").
const KEPT: i64 = 100;
const MB: i64 = 1_000_000;

/// What a plan takes of the account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// Its functions.
    pub functions: i64,
    /// Concurrent executions that they keep for themselves.
    pub reserved: i64,
    /// Bytes of code, as far as it is built.
    pub code: i64,
}

impl Needs {
    /// Of a plan, and the zips of its units in their order. Each function has a copy of its code.
    #[must_use]
    pub fn of(plan: &Plan, zips: &[Zip]) -> Self {
        let nested = plan.plugins.iter().filter_map(|plugin| plugin.function.as_ref());
        let functions: Vec<&Function> = plan.root.functions.iter().chain(nested).collect();
        let sized = |function: &&&Function| {
            let units = plan.units.iter().zip(zips);
            let mut own = units.filter(|(unit, _)| unit.name == function.unit);
            own.next().map_or(0, |(_, zip)| bytes(zip))
        };
        Self {
            functions: i64::try_from(functions.len()).unwrap_or(i64::MAX),
            reserved: functions.iter().filter_map(|one| one.reserved).map(i64::from).sum(),
            code: functions.iter().map(|function| sized(&function)).sum(),
        }
    }
}

fn bytes(zip: &Zip) -> i64 {
    match zip {
        Zip::Built { bytes } | Zip::Stale { bytes } => i64::try_from(*bytes).unwrap_or(i64::MAX),
        Zip::Missing => 0,
    }
}

/// Looks at them. What the env has reserved already is its own.
///
/// # Errors
/// A failed call.
pub(super) async fn quotas(
    cloud: &(impl QuotaReader + StackReader),
    live: Option<&str>,
    needs: Needs,
) -> Result<Vec<Finding>, CallError> {
    let found = cloud.lambda_quotas().await?;
    let own = match live {
        Some(stack) if needs.reserved > 0 => {
            // Without the templates, nothing is known to be the env's own.
            read_deployed(cloud, stack, None).await.map_or(0, |deployed| reserved(&deployed))
        }
        _ => 0,
    };
    Ok(judged(found, own, needs))
}

fn reserved(deployed: &Deployed) -> i64 {
    let templates = deployed.root.iter().chain(deployed.nested.values());
    let resources = templates.filter_map(|template| template["Resources"].as_object());
    let each = resources.flat_map(|resources| resources.values());
    each.filter_map(|one| one["Properties"]["ReservedConcurrentExecutions"].as_i64()).sum()
}

fn judged(found: LambdaQuotas, own: i64, needs: Needs) -> Vec<Finding> {
    const NAME: &str = "quota";
    let LambdaQuotas { concurrent, unreserved, code, code_used } = found;
    let mut findings = Vec::new();
    let room = (unreserved + own - KEPT).max(0);
    if needs.reserved > room {
        let what = format!(
            "the plan reserves {} concurrent executions of Lambda, but {room} of the account's \
             {concurrent} can be reserved: Lambda keeps {KEPT} from it",
            needs.reserved
        );
        let hint = "lower `concurrency` of consumers without a queue, or ask for more: Service \
                    Quotas, AWS Lambda, `Concurrent executions`";
        findings.push(Finding::failed(NAME, what, Some(hint.to_owned())));
    } else if concurrent < needs.functions {
        let what = format!(
            "Lambda runs {concurrent} functions of this account at a time, and the plan has {}",
            needs.functions
        );
        let hint = "when many jobs are due at once, ticks and calls wait; ask for more: Service \
                    Quotas, AWS Lambda, `Concurrent executions`";
        findings.push(Finding::warning(NAME, what, Some(hint.to_owned())));
    }
    if code_used + needs.code > code {
        let what = format!(
            "Lambda stores {} MB of code for this account, {} MB of it are taken, and the plan has \
             {} MB",
            code / MB,
            code_used / MB,
            needs.code / MB
        );
        let hint = "delete functions and old versions of them, or ask for more: Service Quotas, AWS \
                    Lambda, `Function and layer storage`";
        findings.push(Finding::failed(NAME, what, Some(hint.to_owned())));
    }
    if findings.is_empty() {
        let functions = usize::try_from(needs.functions).unwrap_or(usize::MAX);
        let what = format!(
            "Lambda runs {concurrent} functions at a time, and has {} MB for code; the plan has {}",
            (code - code_used) / MB,
            count(functions, "function")
        );
        findings.push(Finding::ok(NAME, what));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn what_the_env_has_reserved_itself_is_not_taken_from_it_again() {
        let function = |reserved: Value| {
            json!({ "Resources": {
                "F": { "Properties": { "ReservedConcurrentExecutions": reserved } },
                "T": { "Properties": {} }
            }})
        };
        let deployed = Deployed {
            root: Some(function(json!(2))),
            nested: [("PluginMail".to_owned(), function(json!(3)))].into(),
        };
        assert_eq!(reserved(&deployed), 5);
        let found = LambdaQuotas { concurrent: 1000, unreserved: 110, code: 1, code_used: 0 };
        let needs = Needs { functions: 9, reserved: 15, code: 0 };
        assert_eq!(judged(found, 5, needs)[0].state, super::super::State::Ok);
        assert_eq!(judged(found, 4, needs)[0].state, super::super::State::Failed);
    }
}
