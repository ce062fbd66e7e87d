//! The reconciler of a deployed env, run from here.

use crate::deploy::aws::clients::Aws;
use crate::deploy::aws::failure::Asked;
use crate::deploy::error::{CallError, CallFailure};
use crate::deploy::ports::Call;
use crate::deploy::smoke;
use scheduler_contract::{env, handler};
use scheduler_runtime::aws::{AwsReconciler, Clients, Deployed};
use scheduler_runtime::controller::{Deployment, Target};
use scheduler_runtime::job_types::JobTypes;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// What the controller of the env works with, as its function was told.
///
/// # Errors
/// An env that is not deployed, or a call that is refused.
pub async fn reconciler(
    aws: &Aws,
    prefix: &str,
    outputs: &BTreeMap<String, String>,
) -> Call<AwsReconciler> {
    let function = format!("{prefix}-{}", handler::SCHEDULES_CONTROLLER);
    let told = told(aws, &function).await?;
    let text = |name: &str| told.get(name).cloned().unwrap_or_default();
    let types = smoke::told_types(aws, prefix).await?;
    let deployed = Deployed {
        table: text(env::DYNAMO_DB),
        group: text(env::SCHEDULERS_GROUP),
        queue_url: outputs.get("QueueUrl").cloned().unwrap_or_default(),
        deployment: Deployment {
            types: JobTypes::of(Value::Object(types)),
            target: Target {
                topic_arn: text(env::DISTRIBUTION_SNS_TOPIC_ARN),
                role_arn: text(env::SCHEDULERS_ROLE_ARN),
                dead_letter_arn: text(env::SCHEDULES_DEAD_LETTER_ARN),
            },
        },
    };
    Ok(AwsReconciler::new(&Clients::of(aws.config.clone()), deployed))
}

async fn told(aws: &Aws, function: &str) -> Call<HashMap<String, String>> {
    let asked = Asked { action: "lambda:GetFunctionConfiguration", resource: function };
    let answer = aws.lambda.get_function_configuration().function_name(function).send().await;
    let answer = answer.map_err(|error| aws.fail(asked, error))?;
    let environment = answer.environment;
    let reason = environment.as_ref().and_then(|environment| environment.error.as_ref());
    let reason = reason.and_then(|error| error.message.clone());
    let variables = environment.and_then(|environment| environment.variables);
    complete(function, variables.unwrap_or_default(), reason)
}

/// What the controller works with: with less, every schedule would look wrong.
const NEEDED: [&str; 5] = [
    env::DYNAMO_DB,
    env::SCHEDULERS_GROUP,
    env::DISTRIBUTION_SNS_TOPIC_ARN,
    env::SCHEDULERS_ROLE_ARN,
    env::SCHEDULES_DEAD_LETTER_ARN,
];

fn complete(
    function: &str,
    told: HashMap<String, String>,
    reason: Option<String>,
) -> Call<HashMap<String, String>> {
    let is_missing = |name: &&&str| told.get(**name).is_none_or(String::is_empty);
    let missing: Vec<_> =
        NEEDED.iter().filter(is_missing).map(|name| format!("`{name}`")).collect();
    if missing.is_empty() {
        return Ok(told);
    }
    let repair = reason.unwrap_or_else(|| "`scheduler deploy` sets what is missing".to_owned());
    let message = format!("it does not tell {}; {repair}", missing.join(", "));
    Err(CallError {
        action: "lambda:GetFunctionConfiguration",
        resource: function.to_owned(),
        why: CallFailure::Other { code: "incomplete variables".to_owned(), message },
        arn: Box::default(),
        detail: Box::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_lacks_a_variable_is_named_with_it() {
        let all = NEEDED.map(|name| (name.to_owned(), "x".to_owned()));
        let whole = HashMap::from(all.clone());
        assert_eq!(complete("f", whole.clone(), None).unwrap(), whole);
        let mut less = whole;
        less.remove(env::SCHEDULERS_ROLE_ARN);
        let error = complete("f", less, None).unwrap_err();
        let wanted = "`lambda:GetFunctionConfiguration` on `f` failed: it does not tell \
                      `SCHEDULERS_ROLE_ARN`; `scheduler deploy` sets what is missing \
                      (incomplete variables)";
        assert_eq!(error.to_string(), wanted);
        let error = complete("f", HashMap::new(), Some("no key".to_owned())).unwrap_err();
        assert!(error.to_string().contains("; no key"), "{error}");
    }
}
