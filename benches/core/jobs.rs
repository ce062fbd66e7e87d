//! Jobs as people have them: users whose names are UUIDs, a hundred jobs each.

use crate::memory::{Memory, World};
use scheduler_contract::{JobKey, schedule_name};
use scheduler_runtime::controller::{
    Controller, Deployment, ScheduleAction, Target, WantedSchedule, decide,
};
use scheduler_runtime::job_types::JobTypes;
use scheduler_runtime::ports::Item;
use serde_json::{Map, Value, json};
use std::error::Error;

/// Seconds since 1970 when something is looked at.
pub(crate) const NOW: i64 = 1_700_000_000;
/// When everything was written.
pub(crate) const LONG_AGO: i64 = NOW - 30 * 86_400;

const JOBS_OF_A_USER: u64 = 100;

pub(crate) fn deployment() -> Result<Deployment, Box<dyn Error>> {
    let name = |what: &str| format!("arn:aws:{what}:eu-central-1:123456789012:figures-dev");
    Ok(Deployment {
        types: JobTypes::parse(r#"{"html_monitor_job":true}"#)?,
        target: Target {
            topic_arn: name("sns"),
            role_arn: name("iam"),
            dead_letter_arn: name("sqs"),
        },
    })
}

pub(crate) fn controller(
    memory: &Memory,
) -> Result<Controller<Memory, Memory, Memory>, Box<dyn Error>> {
    Ok(Controller {
        jobs: memory.clone(),
        schedules: memory.clone(),
        dead_letters: memory.clone(),
        deployment: deployment()?,
    })
}

pub(crate) fn key(nth: u64) -> JobKey {
    let user = (nth / JOBS_OF_A_USER).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let user_id = format!("{:08x}-c0de-4000-8000-{:012x}", user >> 32, user & 0xffff_ffff);
    JobKey { user_id, job_id: nth % JOBS_OF_A_USER }
}

pub(crate) fn item(nth: u64) -> Item {
    let JobKey { user_id, job_id } = key(nth);
    let item = json!({
        "user_id": user_id,
        "user_email": "somebody@example.com",
        "job_id": job_id,
        "job_type": "html_monitor_job",
        "sleep_time": 3_600,
        "enabled": true,
        "rev": 1,
        "anchor": LONG_AGO,
        "updated_at": LONG_AGO,
        "url": format!("https://example.com/pages/{nth}?section=news"),
        "xpath": "//main//article[1]//h2/text()",
        "attempts": 3,
        "labels": ["news", "front page"],
    });
    match item {
        Value::Object(item) => item,
        _ => Map::new(),
    }
}

/// A world with so many jobs, and the schedules that they want.
pub(crate) fn in_step(memory: &Memory, jobs: u64) -> Result<(), Box<dyn Error>> {
    let deployment = deployment()?;
    let mut world = memory.world();
    *world = World { now: LONG_AGO, ..World::default() };
    for nth in 0..jobs {
        let (key, item) = (key(nth), item(nth));
        let wanted = wanted(&key, item.clone(), &deployment)?;
        world.put(&wanted, None);
        world.items.insert(key, item);
    }
    world.now = NOW;
    Ok(())
}

fn wanted(
    key: &JobKey,
    item: Item,
    deployment: &Deployment,
) -> Result<WantedSchedule, Box<dyn Error>> {
    match decide(key, Some(item), deployment)? {
        ScheduleAction::Put(wanted) => Ok(*wanted),
        ScheduleAction::Delete(name) => Err(format!("`{name}` shall have no schedule").into()),
    }
}

/// How table and schedules can be driven apart, in turns.
const WAYS: u64 = 4;

/// Drives a hundredth of the jobs and their schedules apart, an hour ago; answers how many.
pub(crate) fn drive_apart(world: &mut World, jobs: u64) -> u64 {
    let victims = (0..jobs).step_by(100);
    let count = victims.clone().count() as u64;
    for (way, nth) in (0..WAYS).cycle().zip(victims) {
        // The first of each user: a user in four of each way.
        let key = key(nth);
        let name = schedule_name(&key.to_string());
        match way {
            0 => drop(world.schedules.remove(&name)),
            1 => drop(world.items.remove(&key)),
            _ => {
                let Some(schedule) = world.schedules.get_mut(&name) else { continue };
                schedule.modified = Some(NOW - 3_600);
                match way {
                    2 => schedule.enabled = false,
                    _ => schedule.expression = "rate(7 minutes)".to_owned(),
                }
            }
        }
    }
    count
}
