//! Schedules, and who may make them.

use super::delivery::statements;
use super::findings::Fault;
use super::view::{Resource, View};
use serde_json::Value;

const SCHEDULE: &str = "AWS::Scheduler::Schedule";

pub(super) fn expressions<'a>(view: &View<'a>) -> Vec<Fault<'a>> {
    let written = |one: Resource<'a>| Some((one, one.get("ScheduleExpression").as_str()?));
    let bad = view.typed(SCHEDULE).filter_map(written).filter(|(_, text)| !is_expression(text));
    bad.map(|(one, text)| (one, format!("has `{text}`, which is no schedule expression"))).collect()
}

/// `rate(1 minute)`, `rate(n minutes)`, `cron(` six fields `)`, `at(yyyy-mm-ddThh:mm:ss)`.
fn is_expression(text: &str) -> bool {
    let Some((kind, rest)) = text.split_once('(') else { return false };
    let Some(inner) = rest.strip_suffix(')') else { return false };
    match kind {
        "rate" => is_rate(inner),
        "cron" => inner.split(' ').filter(|field| !field.is_empty()).count() == 6,
        "at" => inner.len() == 19 && inner.as_bytes().get(10) == Some(&b'T'),
        _ => false,
    }
}

fn is_rate(inner: &str) -> bool {
    let Some((number, unit)) = inner.split_once(' ') else { return false };
    let singular = ["minute", "hour", "day"].contains(&unit);
    let plural = ["minutes", "hours", "days"].contains(&unit);
    match number.parse::<u64>() {
        Ok(1) => singular,
        Ok(number) => number > 1 && plural,
        Err(_) => false,
    }
}

/// A schedule's dead-letter queue cannot be a FIFO queue.
pub(super) fn dead_letters<'a>(view: &View<'a>) -> Vec<Fault<'a>> {
    let bad = view.typed(SCHEDULE).filter(|one| {
        let arn = one.get("Target").get("DeadLetterConfig").and_then(|config| config.get("Arn"));
        arn.and_then(|arn| view.queue(arn)).is_some_and(|queue| queue.is_fifo())
    });
    let what = "has a FIFO queue for dead letters; it has to be a standard one";
    let schedules = bad.map(|one| (one, what.into()));
    let handed_on = view.typed("AWS::Lambda::Function").filter(|one| hands_on_fifo(view, one));
    let what = "gives schedules a FIFO queue for dead letters; it has to be a standard one";
    let functions = handed_on.map(|one| (one, what.into()));
    schedules.chain(functions).collect()
}

fn hands_on_fifo(view: &View<'_>, function: &Resource<'_>) -> bool {
    let variables = function.get("Environment").get("Variables");
    let arn = variables.and_then(|all| all.get(scheduler_contract::env::SCHEDULES_DEAD_LETTER_ARN));
    arn.and_then(|arn| view.queue(arn)).is_some_and(|queue| queue.is_fifo())
}

/// Who makes schedules hands them a role.
pub(super) fn missing_pass_role<'a>(view: &View<'a>) -> Vec<Fault<'a>> {
    let bad = view
        .typed("AWS::IAM::Role")
        .filter(|role| may(role, "scheduler:CreateSchedule") && !may(role, "iam:PassRole"));
    bad.map(|role| (role, "may make schedules, but pass no role to them".into())).collect()
}

/// Whether a policy that stands in the role itself names an action.
pub(super) fn may(role: &Resource<'_>, action: &str) -> bool {
    let policies = role.get("Policies").as_array().into_iter().flatten();
    let all = policies.filter_map(|policy| policy.get("PolicyDocument")).flat_map(statements);
    all.filter_map(|one| one.get("Action")).any(|actions| names(actions, action))
}

pub(super) fn names(actions: &Value, action: &str) -> bool {
    let one = |pattern: &Value| {
        let pattern = pattern.as_str().unwrap_or_default();
        pattern == action || pattern.strip_suffix('*').is_some_and(|head| action.starts_with(head))
    };
    one(actions) || actions.as_array().is_some_and(|all| all.iter().any(one))
}

#[cfg(test)]
mod tests {
    use super::is_expression;

    #[test]
    fn expressions_are_told_apart() {
        for good in
            ["rate(1 minute)", "rate(5 minutes)", "cron(0 8 * * ? *)", "at(2026-01-01T00:00:00)"]
        {
            assert!(is_expression(good), "{good}");
        }
        for bad in [
            "rate(1minute)",
            "rate(5 minute)",
            "rate(1 minutes)",
            "rate(0 minutes)",
            "cron(0 8)",
            "nonsense",
        ] {
            assert!(!is_expression(bad), "{bad}");
        }
    }
}
