//! A deployed env: its outputs, and clients for each of them.

use super::api::Api;
use super::aws::{Aws, SQS};
use super::cognito::Pool;
use super::poll;
use super::scheduler::Scheduler;
use crate::outcome::{Outcome, fail};
use serde_json::{Value, json};
use std::time::Duration;

/// An env that was deployed to an emulator.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// The account's root, for looking at things.
    pub aws: Aws,
    /// The REST API.
    pub api: Api,
    /// Where users live.
    pub pool: Pool,
    /// The topic that ticks go through, an ARN.
    pub topic: String,
    /// The schedule group's name.
    pub group: String,
    /// The stack's name, which begins every other name.
    pub stack: String,
}

impl Deployed {
    /// As `scheduler status --json` tells it.
    ///
    /// # Errors
    /// An output that is missing.
    pub fn of(scheduler: &Scheduler, aws: &Aws, env: &str) -> Outcome<Self> {
        let status = scheduler.json(&["status", "--env", env])?;
        let output = |name: &str| text(&status, &status["outputs"][name], name);
        Ok(Self {
            api: Api::new(aws, &output("ApiUrl")?)?,
            pool: Pool { id: output("UserPoolId")?, client: output("UserPoolClientId")? },
            topic: output("TopicArn")?,
            group: output("ScheduleGroup")?,
            stack: text(&status, &status["stack"], "stack")?,
            aws: aws.clone(),
        })
    }

    /// Sends a tick, as the job's schedule does.
    ///
    /// # Errors
    /// A refusal.
    pub fn tick(&self, input: &Value) -> Outcome {
        let reply = self.aws.query(
            "sns",
            &[
                ("Action", "Publish"),
                ("Version", "2010-03-31"),
                ("TopicArn", &self.topic),
                ("Message", &input.to_string()),
            ],
        )?;
        match reply.status {
            200 => Ok(()),
            _ => fail(format!("SNS refused the tick: {}", reply.body)),
        }
    }

    /// Waits until no queue of the env holds a message, dead letters included.
    ///
    /// # Errors
    /// A minute with one.
    pub fn wait_until_quiet(&self) -> Outcome {
        poll::until_true("every queue to be empty", Duration::from_secs(60), || {
            Ok(self.messages()?.iter().all(|(_, count)| *count == 0))
        })
        .or_else(|_| fail(format!("messages are left: {:?}", self.messages()?)))
    }

    /// How many messages each queue of the env holds, those in flight included.
    ///
    /// # Errors
    /// A refusal.
    pub fn messages(&self) -> Outcome<Vec<(String, u64)>> {
        let prefix = json!({"QueueNamePrefix": self.stack});
        let listed = self.aws.json(SQS, "ListQueues", &prefix)?;
        let urls = listed["QueueUrls"].as_array().into_iter().flatten();
        urls.filter_map(Value::as_str).map(|url| Ok((url.to_owned(), self.count(url)?))).collect()
    }

    fn count(&self, url: &str) -> Outcome<u64> {
        let asked = json!({"QueueUrl": url, "AttributeNames": ["All"]});
        let answer = self.aws.json(SQS, "GetQueueAttributes", &asked)?;
        let count = |name: &str| {
            let value = answer["Attributes"][name].as_str();
            value.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0)
        };
        Ok(count("ApproximateNumberOfMessages") + count("ApproximateNumberOfMessagesNotVisible"))
    }
}

fn text(status: &Value, value: &Value, name: &str) -> Outcome<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        _ => fail(format!("`{name}` is missing in {status}")),
    }
}
