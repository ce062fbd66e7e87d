//! Whether table and schedules agree: what a schedule has to be, said a second time. A job that is
//! gone and has no schedule never runs again.

use crate::world::{World, deployment};
use scheduler_contract::{JobKey, schedule_name};
use scheduler_runtime::ports::{Item, StandingSchedule};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

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

/// Runs since `began`, when all was quiet and equal, that nobody wants, and those that are wanted and
/// did not come. Of a job that is gone, a tick that was under way then may still arrive, and no more.
pub(crate) fn misfires(world: &World, began: i64) -> Vec<String> {
    let (mut late, mut runs) = (BTreeMap::new(), BTreeMap::new());
    for run in &world.runs {
        let counted = if run.fired <= began { &mut late } else { &mut runs };
        *counted.entry(&run.key).or_insert(0) += 1;
    }
    let mut found: Vec<String> = late
        .iter()
        .filter(|(key, count)| **count > 1 && !world.items.contains_key(key))
        .map(|(key, count)| format!("{count} ticks of `{key}` were under way"))
        .collect();
    for (key, count) in &runs {
        match world.items.get(key) {
            None => found.push(format!("the job `{key}` is gone and ran {count} times")),
            Some(item) if !is_on(item) && is_schedulable(item) => {
                found.push(format!("the job `{key}` is paused and ran {count} times"));
            }
            Some(_) => {}
        }
    }
    let wanted = world.items.iter().filter(|(_, item)| is_on(item) && is_schedulable(item));
    for (key, item) in wanted {
        let count = runs.get(key).copied().unwrap_or(0);
        let interval = minutes(item) * 60;
        let times = (world.now - began) / interval;
        if count == 0 || (count - times).abs() > 1 {
            found.push(format!("the job `{key}` ran {count} times, not {times}"));
        }
    }
    found
}

fn is_on(item: &Item) -> bool {
    item.get("enabled").is_none_or(|enabled| *enabled == true)
}

fn minutes(item: &Item) -> i64 {
    i64::try_from(item["sleep_time"].as_u64().unwrap().div_ceil(60)).unwrap()
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
    let minutes = minutes(item);
    let rate = match minutes {
        1 => "rate(1 minute)".to_owned(),
        minutes => format!("rate({minutes} minutes)"),
    };
    let mut tick = item.clone();
    tick.retain(|field, _| !ADDITIONS.contains(&field.as_str()));
    let input: Value = serde_json::from_str(&schedule.input).unwrap_or_default();
    let target = deployment().target;
    let retry = (minutes * 60).clamp(60, 86_400);
    let rev = item.get("rev").and_then(Value::as_u64).unwrap_or_default();
    let parts = [
        (schedule.expression == rate, "rate"),
        (schedule.enabled == is_on(item), "state"),
        (is_in_phase(item, schedule), "first run"),
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

/// It fires at once, or next when its job is due; never later than after one interval.
fn is_in_phase(item: &Item, schedule: &StandingSchedule) -> bool {
    let interval = minutes(item) * 60;
    let anchor = item.get("anchor").and_then(Value::as_i64);
    schedule.start.is_none_or(|start| {
        let is_soon = schedule.modified.is_none_or(|modified| start <= modified + interval);
        is_soon && anchor.is_none_or(|anchor| (start - anchor) % interval == 0)
    })
}
