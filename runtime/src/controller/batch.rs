//! A batch of SQS messages as Lambda delivers it, and its message groups.

use serde::Deserialize;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// What a failure is reported by.
    pub message_id: String,
    /// A [`scheduler_contract::SchedulerChange`], if it is one.
    pub body: String,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    message_group_id: Option<String>,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Records")]
    records: Vec<Message>,
}

impl Message {
    /// A message of a group.
    #[must_use]
    pub fn new(message_id: String, group: String, body: String) -> Self {
        Self { message_id, body, attributes: Attributes { message_group_id: Some(group) } }
    }

    /// The message group; a message without one (not from a FIFO queue) is a group of its own.
    #[must_use]
    pub fn group(&self) -> &str {
        let group = self.attributes.message_group_id.as_deref();
        group.unwrap_or(&self.message_id)
    }
}

/// Reads a batch.
///
/// # Errors
/// Where it is no batch of messages: then there is nothing to report a failure by.
pub fn parse(event: &[u8]) -> Result<Vec<Message>, serde_json::Error> {
    let event: Event = serde_json::from_slice(event)?;
    Ok(event.records)
}

/// The messages by group, in order of arrival both ways.
pub(super) fn groups(messages: Vec<Message>) -> Vec<Vec<Message>> {
    let mut groups: Vec<Vec<Message>> = Vec::new();
    for message in messages {
        let same = |group: &&mut Vec<Message>| {
            group.first().is_some_and(|first| first.group() == message.group())
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(message),
            None => groups.push(vec![message]),
        }
    }
    groups
}
