//! What EventBridge Scheduler holds.

use super::aws::Aws;
use super::poll;
use crate::outcome::Outcome;
use serde_json::Value;
use std::time::Duration;

/// A job's schedule, with its input parsed.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// `ScheduleExpression`.
    pub expression: String,
    /// `ENABLED` or `DISABLED`.
    pub state: String,
    /// The target's ARN.
    pub target: String,
    /// What the target gets.
    pub input: Value,
}

/// Every schedule of a group.
///
/// # Errors
/// A refusal, or an input that is no JSON.
pub fn all(aws: &Aws, group: &str) -> Outcome<Vec<Schedule>> {
    names(aws, group)?
        .iter()
        .map(|name| one(aws, group, name))
        .collect::<Outcome<Vec<_>>>()
        .map(|found| found.into_iter().flatten().collect())
}

/// Waits until the job's schedule is as wanted; `None` is a job that has none.
///
/// # Errors
/// A minute without it.
pub fn wait_for(
    aws: &Aws,
    group: &str,
    job_id: &Value,
    wanted: impl Fn(Option<&Schedule>) -> bool,
) -> Outcome<Option<Schedule>> {
    let what = format!("the schedule of job {job_id} to be as wanted");
    poll::until(&what, Duration::from_secs(60), || {
        let found =
            all(aws, group)?.into_iter().find(|schedule| schedule.input["job_id"] == *job_id);
        Ok(wanted(found.as_ref()).then_some(found))
    })
}

fn names(aws: &Aws, group: &str) -> Outcome<Vec<String>> {
    let path = format!("/schedules?ScheduleGroup={group}&MaxResults=100");
    let listed = aws.get("scheduler", &path)?;
    let rows = listed["Schedules"].as_array().into_iter().flatten();
    Ok(rows.filter_map(|row| row["Name"].as_str().map(str::to_owned)).collect())
}

/// `None`: deleted since it was listed.
fn one(aws: &Aws, group: &str, name: &str) -> Outcome<Option<Schedule>> {
    let path = format!("/schedules/{name}?groupName={group}");
    let Ok(found) = aws.get("scheduler", &path) else {
        return Ok(None);
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(Some(Schedule {
        expression: text(&found["ScheduleExpression"]),
        state: text(&found["State"]),
        target: text(&found["Target"]["Arn"]),
        input: serde_json::from_str(&text(&found["Target"]["Input"]))?,
    }))
}
