//! The checks by name.

use super::view::{Resource, View};
use super::{api, delivery, limits, mappings, policies, schedules};
use crate::code::Code;
use serde_json::{Map, Value};

/// Something about one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The kind of mistake.
    pub code: Code,
    /// The resource's logical id.
    pub id: String,
    /// What is wrong with it, in words that follow its id.
    pub what: String,
    /// How to repair it.
    pub hint: &'static str,
}

/// What is wrong with a resource.
pub(super) type Fault<'a> = (Resource<'a>, String);

type Check = for<'a> fn(&View<'a>) -> Vec<Fault<'a>>;

/// Every check with its code and its repair. Each stands for itself.
const CHECKS: &[(Code, Check, &str)] = &[
    (
        Code::DoubtfulResource,
        api::routes_without_authorizer,
        "give it an `AuthorizationType` and an `AuthorizerId`",
    ),
    (
        Code::DoubtfulResource,
        api::slow_functions,
        "lower its `Timeout`, or answer at once and let a queue do the work",
    ),
    (
        Code::DoubtfulResource,
        delivery::filters,
        "`FilterPolicyScope` is `MessageBody` or `MessageAttributes`; a filter has at most 5 keys, \
         a value for each, and 150 combinations of values",
    ),
    (
        Code::DoubtfulResource,
        delivery::unheard_queues,
        "add an `AWS::SQS::QueuePolicy` that lets `sns.amazonaws.com` do `sqs:SendMessage`",
    ),
    (Code::OverLimit, limits::environments, "move large values into a file of the zip"),
    (
        Code::OverLimit,
        limits::names,
        "shorten the name, or leave it out: CloudFormation then makes one up",
    ),
    (
        Code::DoubtfulResource,
        mappings::batching_windows_on_fifo,
        "remove `MaximumBatchingWindowInSeconds`",
    ),
    (Code::DoubtfulResource, mappings::bisect_on_queues, "remove `BisectBatchOnFunctionError`"),
    (
        Code::DoubtfulResource,
        mappings::concurrency_over_reserve,
        "lower `MaximumConcurrency`, or raise the function's `ReservedConcurrentExecutions`",
    ),
    (
        Code::DoubtfulResource,
        mappings::short_visibility,
        "raise `VisibilityTimeout` to six times the function's `Timeout`",
    ),
    (
        Code::DoubtfulResource,
        mappings::unreadable_queues,
        "allow the role `sqs:ReceiveMessage`, `sqs:DeleteMessage` and `sqs:GetQueueAttributes`",
    ),
    (
        Code::DoubtfulResource,
        mappings::streams_without_start,
        "add `StartingPosition`, such as `TRIM_HORIZON`",
    ),
    (Code::WidePermission, policies::wide, "name the actions and the ARNs that the plugin needs"),
    (Code::DoubtfulResource, schedules::dead_letters, "name a standard queue"),
    (
        Code::DoubtfulResource,
        schedules::expressions,
        "such as `rate(5 minutes)`, `cron(0 8 * * ? *)` or `at(2026-01-31T08:00:00)`",
    ),
    (
        Code::DoubtfulResource,
        schedules::missing_pass_role,
        "allow `iam:PassRole` on the role of the schedules",
    ),
];

/// Everything that is wrong with the resources of a template.
#[must_use]
pub fn audit(template: &Map<String, Value>) -> Vec<Finding> {
    let view = View::of(template);
    let found = CHECKS.iter().flat_map(|(code, check, hint)| {
        let faults = check(&view).into_iter();
        faults.map(|(one, what)| Finding { code: *code, id: one.id.to_owned(), what, hint })
    });
    found.collect()
}
