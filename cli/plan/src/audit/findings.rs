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
}

/// What is wrong with a resource.
pub(super) type Fault<'a> = (Resource<'a>, String);

type Check = for<'a> fn(&View<'a>) -> Vec<Fault<'a>>;

/// Every check. Each stands for itself.
const CHECKS: &[(Code, Check)] = &[
    (Code::DoubtfulResource, api::routes_without_authorizer),
    (Code::DoubtfulResource, api::slow_functions),
    (Code::DoubtfulResource, delivery::filters),
    (Code::DoubtfulResource, delivery::unheard_queues),
    (Code::OverLimit, limits::environments),
    (Code::OverLimit, limits::names),
    (Code::DoubtfulResource, mappings::batching_windows_on_fifo),
    (Code::DoubtfulResource, mappings::bisect_on_queues),
    (Code::DoubtfulResource, mappings::concurrency_over_reserve),
    (Code::DoubtfulResource, mappings::short_visibility),
    (Code::DoubtfulResource, mappings::unreadable_queues),
    (Code::DoubtfulResource, mappings::streams_without_start),
    (Code::WidePermission, policies::wide),
    (Code::DoubtfulResource, schedules::dead_letters),
    (Code::DoubtfulResource, schedules::expressions),
    (Code::DoubtfulResource, schedules::missing_pass_role),
];

/// Everything that is wrong with the resources of a template.
#[must_use]
pub fn audit(template: &Map<String, Value>) -> Vec<Finding> {
    let view = View::of(template);
    let found = CHECKS.iter().flat_map(|(code, check)| {
        let faults = check(&view).into_iter();
        faults.map(|(one, what)| Finding { code: *code, id: one.id.to_owned(), what })
    });
    found.collect()
}
