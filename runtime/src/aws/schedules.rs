//! Schedules in one group of EventBridge Scheduler.

use super::failure::failure;
use crate::controller::WantedSchedule;
use crate::ports::{Created, Failure, Found, Made, Schedules};
use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::error::BuildError;
use aws_sdk_scheduler::operation::create_schedule::CreateScheduleError;
use aws_sdk_scheduler::operation::delete_schedule::DeleteScheduleError;
use aws_sdk_scheduler::operation::get_schedule::GetScheduleError;
use aws_sdk_scheduler::operation::update_schedule::UpdateScheduleError;
use aws_sdk_scheduler::types::{
    DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, ScheduleState,
    Target,
};
use aws_smithy_types::DateTime;

/// How often a tick that could not be published is tried again, within its age: as often as may be
/// (API reference, `RetryPolicy.MaximumRetryAttempts`). Said, so that it can be compared.
pub(super) const RETRIES: i32 = 185;

/// A schedule group by its name.
#[derive(Debug, Clone)]
pub struct EventBridgeSchedules {
    client: Client,
    group: String,
}

impl EventBridgeSchedules {
    /// A group by its name.
    #[must_use]
    pub fn new(client: Client, group: String) -> Self {
        Self { client, group }
    }
}

impl Schedules for EventBridgeSchedules {
    async fn made(&self, name: &str) -> Result<Option<Made>, Failure> {
        let seconds = |date: Option<DateTime>| date.as_ref().map(DateTime::secs);
        match self.client.get_schedule().group_name(&self.group).name(name).send().await {
            Ok(output) => Ok(Some(Made {
                at: Some(seconds(output.creation_date).unwrap_or(0)),
                modified: seconds(output.last_modification_date),
                start: seconds(output.start_date),
            })),
            Err(error) => {
                let service = error.as_service_error();
                if service.is_some_and(GetScheduleError::is_resource_not_found_exception) {
                    return Ok(None);
                }
                Err(failure("look at a schedule", error))
            }
        }
    }

    /// An update resets what is left out: everything is always sent. Without a start date a rate
    /// begins anew, at once.
    async fn update(&self, wanted: &WantedSchedule, start: Option<i64>) -> Result<Found, Failure> {
        const ACTION: &str = "update a schedule";
        let update = self.client.update_schedule().group_name(&self.group);
        let update = update
            .name(&wanted.name)
            .description(wanted.description())
            .schedule_expression(&wanted.expression)
            .state(state(wanted))
            .set_start_date(start.map(DateTime::from_secs))
            .flexible_time_window(punctual(ACTION)?)
            .target(target(ACTION, wanted)?);
        match update.send().await {
            Ok(_) => Ok(Found::Yes),
            Err(error) => {
                let service = error.as_service_error();
                if service.is_some_and(UpdateScheduleError::is_resource_not_found_exception) {
                    return Ok(Found::No);
                }
                Err(failure(ACTION, error))
            }
        }
    }

    /// Without a start date a rate begins at once.
    async fn create(
        &self,
        wanted: &WantedSchedule,
        start: Option<i64>,
    ) -> Result<Created, Failure> {
        const ACTION: &str = "create a schedule";
        let create = self.client.create_schedule().group_name(&self.group);
        let create = create
            .name(&wanted.name)
            .description(wanted.description())
            .schedule_expression(&wanted.expression)
            .state(state(wanted))
            .set_start_date(start.map(DateTime::from_secs))
            .flexible_time_window(punctual(ACTION)?)
            .target(target(ACTION, wanted)?);
        match create.send().await {
            Ok(_) => Ok(Created::Done),
            Err(error) => match error.as_service_error() {
                Some(CreateScheduleError::ConflictException(_)) => Ok(Created::Exists),
                Some(CreateScheduleError::ResourceNotFoundException(_)) => Ok(Created::NoGroup),
                _ => Err(failure(ACTION, error)),
            },
        }
    }

    async fn delete(&self, name: &str) -> Result<Found, Failure> {
        let delete = self.client.delete_schedule().group_name(&self.group);
        match delete.name(name).send().await {
            Ok(_) => Ok(Found::Yes),
            Err(error) => {
                let service = error.as_service_error();
                if service.is_some_and(DeleteScheduleError::is_resource_not_found_exception) {
                    return Ok(Found::No);
                }
                Err(failure("delete a schedule", error))
            }
        }
    }
}

fn state(wanted: &WantedSchedule) -> ScheduleState {
    if wanted.enabled { ScheduleState::Enabled } else { ScheduleState::Disabled }
}

fn punctual(action: &str) -> Result<FlexibleTimeWindow, Failure> {
    let off = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off);
    off.build().map_err(|error| Failure::new(action, error))
}

fn target(action: &str, wanted: &WantedSchedule) -> Result<Target, Failure> {
    let built = build_target(wanted);
    built.map_err(|error| Failure::new(action, error))
}

fn build_target(wanted: &WantedSchedule) -> Result<Target, BuildError> {
    // The core keeps it within 60 to 86,400.
    let retry_seconds = i32::try_from(wanted.retry_seconds).unwrap_or(i32::MAX);
    let retries = RetryPolicy::builder()
        .maximum_event_age_in_seconds(retry_seconds)
        .maximum_retry_attempts(RETRIES);
    let dead_letters = DeadLetterConfig::builder().arn(&wanted.target.dead_letter_arn);
    Target::builder()
        .arn(&wanted.target.topic_arn)
        .role_arn(&wanted.target.role_arn)
        .input(&wanted.input)
        .retry_policy(retries.build())
        .dead_letter_config(dead_letters.build())
        .build()
}
