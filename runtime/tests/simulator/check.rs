//! Whether table and schedules agree: what a schedule has to be, said a second time. A job that is
//! gone and has no schedule never runs again.

use crate::world::{World, deployment};
use scheduler_contract::{JobKey, schedule_name};
use scheduler_runtime::ports::{Item, StandingSchedule};
use serde_json::Value;
use std::collections::BTreeSet;

/// What this system adds to an item, and no consumer gets.
const ADDITIONS: &[&str] = &["enabled", "rev", "anchor", "updated_at"];

/// What is out of step, a line each.
pub(crate) fn differences(world: &World) -> Vec<String> {
    let mut found: Vec<String> =
        world.items.iter().filter_map(|(key, item)| of_job(world, key, item)).collect();
    let names: BTreeSet<_> =
        world.items.keys().map(|key| schedule_name(&key.to_string())).collect();
    let orphans = world.group.schedules.keys().filter(|name| !names.contains(*name));
    found.extend(orphans.map(|name| format!("the schedule `{name}` has no job")));
    found
}

/// What callers were told that is not so.
pub(crate) fn broken_promises(world: &World) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let twice = world.told.iter().filter(|key| !seen.insert(*key));
    twice.map(|key| format!("two creates were told the id of `{key}`")).collect()
}

fn of_job(world: &World, key: &JobKey, item: &Item) -> Option<String> {
    if !is_schedulable(item) {
        return None;
    }
    let name = schedule_name(&key.to_string());
    let Some(schedule) = world.group.schedules.get(&name) else {
        return Some(format!("the job `{key}` has no schedule"));
    };
    let wrong = wrong(item, schedule);
    (!wrong.is_empty()).then(|| format!("the schedule of `{key}` has a wrong {}", wrong.join(", ")))
}

pub(crate) fn is_schedulable(item: &Item) -> bool {
    let job_type = item.get("job_type").and_then(Value::as_str).unwrap_or_default();
    let sleep_time = item.get("sleep_time").and_then(Value::as_u64).unwrap_or_default();
    let size = serde_json::to_string(item).unwrap().len();
    ["test", "page"].contains(&job_type)
        && (1..=31_536_000).contains(&sleep_time)
        && item.get("user_email").is_some_and(Value::is_string)
        && size < 200_000
}

fn wrong(item: &Item, schedule: &StandingSchedule) -> Vec<&'static str> {
    let minutes = item["sleep_time"].as_u64().unwrap().div_ceil(60);
    let rate = match minutes {
        1 => "rate(1 minute)".to_owned(),
        minutes => format!("rate({minutes} minutes)"),
    };
    let mut tick = item.clone();
    tick.retain(|field, _| !ADDITIONS.contains(&field.as_str()));
    let input: Value = serde_json::from_str(&schedule.input).unwrap_or_default();
    let is_on = item.get("enabled").is_none_or(|enabled| *enabled == true);
    let target = deployment().target;
    let retry = i64::try_from(minutes * 60).unwrap().clamp(60, 86_400);
    let rev = item.get("rev").and_then(Value::as_u64).unwrap_or_default();
    let parts = [
        (schedule.expression == rate, "rate"),
        (schedule.enabled == is_on, "state"),
        (input == Value::Object(tick), "input"),
        (schedule.topic_arn == target.topic_arn, "topic"),
        (schedule.role_arn == target.role_arn, "role"),
        (schedule.dead_letter_arn == Some(target.dead_letter_arn), "dead-letter queue"),
        (schedule.retry_seconds == Some(retry), "retry age"),
        (schedule.description.starts_with(&format!("rev={rev} h=")), "revision"),
        (schedule.foreign.is_empty(), "something else"),
    ];
    parts.iter().filter(|(is_right, _)| !is_right).map(|(_, name)| *name).collect()
}
