//! The FIFO queue of changes and its dead-letter queue, on SQS.

use super::failure::failure;
use crate::ports::{ChangeQueue, DeadLetter, DeadLetters, Failure, QueuedChange};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::BuildError;
use aws_sdk_sqs::types::{MessageAttributeValue, SendMessageBatchRequestEntry};

/// The attribute that says why a message was put aside.
const REASON: &str = "reason";
/// A reason is for people: this much of it is enough.
const REASON_MAX: usize = 1_000;

/// The queue between stream and controller.
#[derive(Debug, Clone)]
pub struct SqsChanges {
    client: Client,
    url: String,
}

impl SqsChanges {
    /// A FIFO queue by its URL.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }
}

impl ChangeQueue for SqsChanges {
    async fn send(&self, changes: &[QueuedChange]) -> Result<Vec<usize>, Failure> {
        const ACTION: &str = "send changes to the queue";
        let entries = changes.iter().enumerate().map(|(index, change)| entry(index, change));
        let entries = entries.collect::<Result<Vec<_>, _>>();
        let entries = entries.map_err(|error| Failure::new(ACTION, error))?;
        let send = self.client.send_message_batch().queue_url(&self.url);
        let output = send.set_entries(Some(entries)).send().await;
        let output = output.map_err(|error| failure(ACTION, error))?;
        let refused = output.failed.iter().map(|failed| failed.id.parse().unwrap_or(0));
        Ok(refused.collect())
    }
}

fn entry(index: usize, change: &QueuedChange) -> Result<SendMessageBatchRequestEntry, BuildError> {
    SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_group_id(&change.group)
        .message_deduplication_id(&change.deduplication_id)
        .message_body(&change.body)
        .build()
}

/// Where the controller puts what can never be applied.
#[derive(Debug, Clone)]
pub struct SqsDeadLetters {
    client: Client,
    url: String,
}

impl SqsDeadLetters {
    /// A FIFO queue by its URL.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }
}

impl DeadLetters for SqsDeadLetters {
    async fn bury(&self, letter: &DeadLetter) -> Result<(), Failure> {
        const ACTION: &str = "put a message aside";
        let reason = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(reason(&letter.reason))
            .build();
        let reason = reason.map_err(|error| Failure::new(ACTION, error))?;
        let send = self.client.send_message().queue_url(&self.url);
        let sent = send
            .message_group_id(&letter.group)
            .message_deduplication_id(&letter.message_id)
            .message_body(&letter.body)
            .message_attributes(REASON, reason)
            .send()
            .await;
        sent.map(|_| ()).map_err(|error| failure(ACTION, error))
    }
}

/// What SQS takes as an attribute: no control characters, not empty.
fn reason(text: &str) -> String {
    let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    printable.take(REASON_MAX).collect()
}
