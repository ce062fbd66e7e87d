//! The distribution topic, on SNS.

use super::failure::failure;
use crate::ports::{Distribution, Failure};
use aws_sdk_sns::Client;
use scheduler_contract::{ScheduledJob, wire_json};

/// Where schedules publish ticks, and a run by hand does too.
#[derive(Debug, Clone)]
pub struct SnsTopic {
    client: Client,
    arn: String,
}

impl SnsTopic {
    /// A topic by its ARN.
    #[must_use]
    pub fn new(client: Client, arn: String) -> Self {
        Self { client, arn }
    }
}

impl Distribution for SnsTopic {
    async fn publish(&self, job: &ScheduledJob, _now: i64) -> Result<(), Failure> {
        const ACTION: &str = "publish a tick";
        let tick = wire_json(&job.tick()).map_err(|error| Failure::new(ACTION, error))?;
        let sent = self.client.publish().topic_arn(&self.arn).message(tick).send().await;
        sent.map(|_| ()).map_err(|error| failure(ACTION, error))
    }
}
