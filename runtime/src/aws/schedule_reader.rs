//! Looking at the schedules of one group of EventBridge Scheduler.

use super::failure::failure;
use super::schedules::RETRIES;
use crate::ports::{Failure, ListedSchedule, Part, ScheduleReader, StandingSchedule};
use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::operation::get_schedule::{GetScheduleError, GetScheduleOutput};
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, FlexibleTimeWindowMode, ScheduleState, ScheduleSummary, Target,
};
use aws_smithy_types::DateTime;
use std::time::Duration;

/// Entries of one answer (API reference, `ListSchedules`).
const PAGE: i32 = 100;

/// A schedule group by its name, to look at.
#[derive(Debug, Clone)]
pub struct EventBridgeReader {
    client: Client,
    group: String,
}

impl EventBridgeReader {
    /// A group by its name.
    #[must_use]
    pub fn new(client: Client, group: String) -> Self {
        Self { client, group }
    }
}

impl ScheduleReader for EventBridgeReader {
    async fn list(
        &self,
        prefix: &str,
        next: Option<&str>,
    ) -> Result<Part<ListedSchedule>, Failure> {
        let list = self.client.list_schedules().group_name(&self.group).max_results(PAGE);
        // An empty prefix is refused.
        let prefix = Some(prefix.to_owned()).filter(|prefix| !prefix.is_empty());
        let list = list.set_name_prefix(prefix).set_next_token(next.map(str::to_owned));
        let output = list.send().await;
        let output = output.map_err(|error| failure("list schedules", error))?;
        let entries = output.schedules.into_iter().filter_map(listed).collect();
        Ok(Part { entries, next: output.next_token })
    }

    async fn get(&self, name: &str) -> Result<Option<StandingSchedule>, Failure> {
        match self.client.get_schedule().group_name(&self.group).name(name).send().await {
            Ok(output) => Ok(Some(standing(output))),
            Err(error) => {
                let service = error.as_service_error();
                if service.is_some_and(GetScheduleError::is_resource_not_found_exception) {
                    return Ok(None);
                }
                Err(failure("look at a schedule", error))
            }
        }
    }

    async fn wait(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
}

fn listed(summary: ScheduleSummary) -> Option<ListedSchedule> {
    Some(ListedSchedule {
        name: summary.name?,
        enabled: summary.state == Some(ScheduleState::Enabled),
        topic_arn: summary.target.map(|target| target.arn).unwrap_or_default(),
        modified: summary.last_modification_date.map(|date| date.secs()),
    })
}

fn standing(output: GetScheduleOutput) -> StandingSchedule {
    let foreign = foreign(&output);
    let target = output.target;
    let dead_letters = target.as_ref().and_then(|target| target.dead_letter_config.as_ref());
    let dead_letter_arn = dead_letters.and_then(|config| config.arn.clone());
    let retries = target.as_ref().and_then(|target| target.retry_policy.as_ref());
    let retry_seconds = retries.and_then(|policy| policy.maximum_event_age_in_seconds);
    let (topic_arn, role_arn, input) = match target {
        Some(Target { arn, role_arn, input, .. }) => (arn, role_arn, input.unwrap_or_default()),
        None => Default::default(),
    };
    StandingSchedule {
        description: output.description.unwrap_or_default(),
        expression: output.schedule_expression.unwrap_or_default(),
        enabled: output.state == Some(ScheduleState::Enabled),
        input,
        retry_seconds: retry_seconds.map(i64::from),
        topic_arn,
        role_arn,
        dead_letter_arn,
        start: output.start_date.as_ref().map(DateTime::secs),
        modified: output.last_modification_date.as_ref().map(DateTime::secs),
        foreign,
    }
}

/// What an update by the controller leaves out, and so resets. A time zone is not looked at: it
/// means nothing to a rate.
fn foreign(output: &GetScheduleOutput) -> Vec<&'static str> {
    let window = output.flexible_time_window.as_ref().map(|window| &window.mode);
    let target = output.target.as_ref();
    let retries = target.and_then(|target| target.retry_policy.as_ref());
    let retries = retries.and_then(|policy| policy.maximum_retry_attempts);
    let parameters = target.is_some_and(|target| {
        target.ecs_parameters.is_some()
            || target.event_bridge_parameters.is_some()
            || target.kinesis_parameters.is_some()
            || target.sage_maker_pipeline_parameters.is_some()
            || target.sqs_parameters.is_some()
    });
    let found = [
        (output.end_date.is_some(), "the end date"),
        (window.is_some_and(|mode| *mode != FlexibleTimeWindowMode::Off), "the flexible window"),
        (
            output.action_after_completion == Some(ActionAfterCompletion::Delete),
            "the action after completion",
        ),
        (output.kms_key_arn.is_some(), "the key"),
        (retries.is_some_and(|retries| retries != RETRIES), "the number of retries"),
        (parameters, "the target's parameters"),
    ];
    found.into_iter().filter(|(is_there, _)| *is_there).map(|(_, name)| name).collect()
}
