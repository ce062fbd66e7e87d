//! The checks by name.

use super::view::View;
use super::{api, delivery, limits, mappings, schedules};
use serde_json::Value;

type Check = fn(&View<'_>) -> Vec<String>;

/// Every check. Each stands for itself.
const CHECKS: &[Check] = &[
    api::routes_without_authorizer,
    api::slow_functions,
    delivery::filters,
    delivery::unheard_queues,
    limits::environments,
    limits::names,
    mappings::batching_windows_on_fifo,
    mappings::bisect_on_queues,
    mappings::concurrency_over_reserve,
    mappings::short_visibility,
    mappings::streams_without_start,
    schedules::dead_letters,
    schedules::expressions,
    schedules::missing_pass_role,
];

/// Everything that is wrong with a template, one sentence a finding.
#[must_use]
pub fn audit(template: &Value) -> Vec<String> {
    let view = View::of(template);
    let found = CHECKS.iter().flat_map(|check| check(&view));
    found.chain(limits::size(template)).collect()
}
