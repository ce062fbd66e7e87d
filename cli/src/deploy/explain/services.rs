//! What services say of themselves and of each other.

use super::{Explained, after, between, until};

pub(super) fn not_authorized(text: &str) -> Option<Explained> {
    let rest = after(text, "is not authorized to perform: ")?;
    let action = until(rest, &[' ', ',', '\n']).trim_end_matches('.');
    let resource = after(rest, "on resource: ").map_or("*", |rest| until(rest, &[' ', ',', '\n']));
    let by_whom = match after(text, "because ") {
        Some(why) if why.starts_with("no ") => String::new(),
        Some(why) => format!(" ({})", until(why, &['(', '\n']).trim()),
        None => String::new(),
    };
    let what = format!("whoever deploys may not `{action}` on `{resource}`{by_whom}");
    if text.contains("explicit deny") || text.contains("explicitly denies") {
        let hint = "a deny outweighs every allow: whoever keeps that policy has to let it through";
        return Some(Explained::new(what, hint));
    }
    Some(Explained::new(
        what,
        format!(
            "add to the deploying identity's policy: \
             {{\"Effect\": \"Allow\", \"Action\": \"{action}\", \"Resource\": \"{resource}\"}}"
        ),
    ))
}

pub(super) fn bucket_elsewhere(text: &str) -> Option<Explained> {
    text.contains("must be addressed using the specified endpoint").then(|| {
        Explained::new(
            "the bucket is in another region than the stack",
            "name a bucket of the env's region",
        )
    })
}

pub(super) fn acls(text: &str) -> Option<Explained> {
    let is_known = text.contains("AccessControlListNotSupported")
        || text.contains("does not allow ACLs")
        || text.contains("cannot have ACLs set");
    is_known.then(|| {
        Explained::new(
            "the bucket takes no access control list: its owner owns every object in it",
            "take `AccessControl` out of the bucket's properties; a bucket policy lets others in",
        )
    })
}

pub(super) fn filter_policy(text: &str) -> Option<Explained> {
    let fault = after(text, "Invalid parameter: FilterPolicy")?;
    let fault = until(fault, &['(']).trim_end();
    Some(Explained::new(
        format!("SNS does not take the subscription's filter{fault}"),
        "look at the job types that the plugin names; SNS takes at most 150 values in a filter",
    ))
}

pub(super) fn queue_permissions(text: &str) -> Option<Explained> {
    text.contains("does not have permissions to call ReceiveMessage on SQS").then(|| {
        Explained::new(
            "the function's role may not read from the queue that feeds it",
            "allow `sqs:ReceiveMessage`, `sqs:DeleteMessage` and `sqs:GetQueueAttributes` on the \
             queue in the plugin's `[[consumer.permissions]]`, or in its role's policy",
        )
    })
}

pub(super) fn visibility(text: &str) -> Option<Explained> {
    let rest = after(text, "Queue visibility timeout: ")?;
    let queue = until(rest, &[' ']);
    let function = between(rest, ("Function timeout: ", " seconds")).unwrap_or("its timeout");
    Some(Explained::new(
        format!(
            "the queue shows a message again after {queue} seconds, while the function may run \
             for {function}"
        ),
        "let the queue's `VisibilityTimeout` be at least six times the function's `timeout`",
    ))
}

pub(super) fn concurrency(text: &str) -> Option<Explained> {
    let rest = after(text, "UnreservedConcurrentExecution below its minimum value")?;
    let least = between(rest, ("[", "]")).map_or(String::new(), |least| format!(": {least}"));
    Some(Explained::new(
        format!(
            "the function reserves more executions than the account can spare, which has to keep \
             some for all other functions{least}"
        ),
        "lower `concurrency` in the plugin's `[consumer]`, or ask for a higher quota of Lambda's \
         concurrent executions (Service Quotas, `L-B99A9384`)",
    ))
}

pub(super) fn schedule(text: &str) -> Option<Explained> {
    text.contains("Parameter ScheduleExpression is not valid").then(|| {
        Explained::new(
            "the schedule's expression is none that AWS knows",
            "write it as `rate(1 minute)`, `rate(5 minutes)`, `cron(0 8 * * ? *)` or \
             `at(2030-01-31T08:00:00)`",
        )
    })
}

pub(super) fn no_reason(text: &str) -> Option<Explained> {
    let is_silent = text.trim_matches('"').starts_with("null ") || text == "null";
    let is_general = text.contains("GeneralServiceException") && is_silent;
    is_general.then(|| {
        Explained::new(
            "the service failed and gave no reason",
            "CloudTrail has the call with its answer: `aws cloudtrail lookup-events \
             --lookup-attributes AttributeKey=ReadOnly,AttributeValue=false`",
        )
    })
}

pub(super) fn throttled(text: &str) -> Option<Explained> {
    let is_known = text.contains("Rate exceeded") || text.contains("HandlerErrorCode: Throttling");
    is_known.then(|| {
        Explained::new("AWS took no more calls for a while", "wait a minute and deploy again")
    })
}
