//! The reconciler of a deployed env, run from here.

use crate::deploy::aws::clients::Aws;
use crate::deploy::aws::failure::Asked;
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
    let told = told(aws, &format!("{prefix}-{}", handler::SCHEDULES_CONTROLLER)).await?;
    let text = |name: &str| told.get(name).cloned().unwrap_or_default();
    let types = smoke::deployed_types(aws, prefix).await.unwrap_or_default();
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
    Ok(answer.environment.and_then(|environment| environment.variables).unwrap_or_default())
}
