//! The FIFO queue of changes and its dead-letter queue, on SQS.

use super::failure::failure;
use crate::ports::{ChangeQueue, DeadLetter, DeadLetters, Failure, Outlook, QueuedChange, Refusal};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::BuildError;
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, MessageAttributeValue, SendMessageBatchRequestEntry,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;

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

/// What SQS says of a message that it never takes, whoever sends it: what is wrong lies in the
/// message, not in rights, load or the queue (API reference, `SendMessageBatch`, "Common errors").
const FOR_GOOD: &[&str] =
    &["BatchRequestTooLong", "InvalidMessageContents", "InvalidParameterValue", "MissingParameter"];

/// How one request ended.
enum Sent {
    /// It was taken, but for these.
    ButFor(Vec<Refusal>),
    /// It was refused as a whole, for what a message in it holds.
    Unacceptable(String),
}

impl ChangeQueue for SqsChanges {
    /// Of a request that is refused for one message, each message is sent alone.
    async fn send(&self, changes: &[QueuedChange]) -> Result<Vec<Refusal>, Failure> {
        let mut refusals = Vec::new();
        match (self.request(changes).await?, changes) {
            (Sent::ButFor(refused), _) => refusals = refused,
            (Sent::Unacceptable(reason), [_]) => refusals.push(for_good(0, reason)),
            (Sent::Unacceptable(_), several) => {
                for (position, change) in several.iter().enumerate() {
                    match self.request(std::slice::from_ref(change)).await? {
                        Sent::ButFor(refused) => {
                            refusals
                                .extend(refused.into_iter().map(|one| Refusal { position, ..one }));
                        }
                        Sent::Unacceptable(reason) => refusals.push(for_good(position, reason)),
                    }
                }
            }
        }
        Ok(refusals)
    }
}

impl SqsChanges {
    async fn request(&self, changes: &[QueuedChange]) -> Result<Sent, Failure> {
        const ACTION: &str = "send changes to the queue";
        let entries = changes.iter().enumerate().map(|(index, change)| entry(index, change));
        let entries = entries.collect::<Result<Vec<_>, _>>();
        let entries = entries.map_err(|error| Failure::new(ACTION, error))?;
        let send = self.client.send_message_batch().queue_url(&self.url);
        match send.set_entries(Some(entries)).send().await {
            Ok(output) => Ok(Sent::ButFor(output.failed.into_iter().map(refusal).collect())),
            Err(error) => {
                let code = error.as_service_error().and_then(|error| error.code());
                match code.is_some_and(is_for_good) {
                    true => Ok(Sent::Unacceptable(failure(ACTION, error).sentence())),
                    false => Err(failure(ACTION, error)),
                }
            }
        }
    }
}

fn for_good(position: usize, reason: String) -> Refusal {
    Refusal { position, reason, outlook: Outlook::ForGood }
}

fn refusal(entry: BatchResultErrorEntry) -> Refusal {
    let is_final = entry.sender_fault && is_for_good(&entry.code);
    let message = entry.message.map(|message| format!(": {message}")).unwrap_or_default();
    Refusal {
        position: entry.id.parse().unwrap_or(0),
        reason: format!("{}{message}", entry.code),
        outlook: if is_final { Outlook::ForGood } else { Outlook::TryAgain },
    }
}

/// A code may carry a namespace: `AWS.SimpleQueueService.`, `com.amazonaws.sqs#`.
fn is_for_good(code: &str) -> bool {
    FOR_GOOD.contains(&code.rsplit(['.', '#']).next().unwrap_or(code))
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
