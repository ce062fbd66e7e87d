//! The envelopes that a tick comes in, and what a consumer's answer says of a batch.
//!
//! Shapes as in AWS's developer guide for Lambda, "Using Lambda with Amazon SQS" and "... with
//! Amazon SNS": a consumer cannot tell this machine from AWS by what it gets.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use md5::{Digest, Md5};
use serde_json::{Value, json};
use std::fmt::Write;

/// A message of a queue, received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueMessage {
    /// Stays the same when it is delivered again.
    pub message_id: String,
    /// The tick as JSON.
    pub body: String,
    /// 1 the first time.
    pub receive_count: u32,
    /// When it was sent, epoch milliseconds.
    pub sent_ms: i64,
    /// Where it was waiting.
    pub queue_arn: String,
    /// Where that is.
    pub region: String,
}

/// A message of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicMessage {
    /// Stays the same when it is delivered again.
    pub message_id: String,
    /// The tick as JSON.
    pub message: String,
    /// What it was published to.
    pub topic_arn: String,
    /// When it was published, epoch milliseconds.
    pub timestamp_ms: i64,
}

/// An answer that says nothing of the batch that it should speak of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the consumer's answer cannot be used: {reason}")]
pub struct Garbage {
    /// What is wrong with it.
    pub reason: String,
}

/// The event that Lambda's queue poller makes of a batch.
#[must_use]
pub fn queue_event(messages: &[QueueMessage]) -> Vec<u8> {
    let records: Vec<Value> = messages.iter().map(queue_record).collect();
    json!({ "Records": records }).to_string().into_bytes()
}

fn queue_record(message: &QueueMessage) -> Value {
    let sent = message.sent_ms.to_string();
    json!({
        "messageId": message.message_id,
        "receiptHandle": format!("{}#{}", message.message_id, message.receive_count),
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": message.receive_count.to_string(),
            "SentTimestamp": sent,
            "SenderId": "AIDALOCAL",
            "ApproximateFirstReceiveTimestamp": sent,
        },
        "messageAttributes": {},
        "md5OfBody": md5(&message.body),
        "eventSource": "aws:sqs",
        "eventSourceARN": message.queue_arn,
        "awsRegion": message.region,
    })
}

/// The event that SNS makes for a function that subscribes by itself: always one record.
#[must_use]
pub fn topic_event(message: &TopicMessage) -> Vec<u8> {
    let TopicMessage { message_id, message, topic_arn, timestamp_ms } = message;
    let event = json!({ "Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": format!("{topic_arn}:{message_id}"),
        "Sns": {
            "Type": "Notification",
            "MessageId": message_id,
            "TopicArn": topic_arn,
            "Subject": null,
            "Message": message,
            "Timestamp": timestamp(*timestamp_ms),
            "SignatureVersion": "1",
            "Signature": "none",
            "SigningCertUrl": "http://localhost/none.pem",
            "UnsubscribeUrl": "http://localhost/none",
            "MessageAttributes": {},
        },
    }]});
    event.to_string().into_bytes()
}

/// The messages that failed, of those with these ids, by the rules of `ReportBatchItemFailures`:
/// nothing named, and all are done; an id that is none of the batch's, and all have failed.
///
/// # Errors
/// The answer is neither empty nor a JSON object that could name messages: all have failed.
pub fn batch_failures(response: &[u8], ids: &[String]) -> Result<Vec<String>, Garbage> {
    let answer = response.trim_ascii();
    if answer.is_empty() {
        return Ok(Vec::new());
    }
    let garbage = |what: &str| {
        let shown = excerpt(answer);
        Garbage {
            reason: format!(
                "{what}: `{shown}`; behind a queue it is `{{\"batchItemFailures\": [...]}}` or \
                 nothing"
            ),
        }
    };
    let answer: Value = serde_json::from_slice(answer).map_err(|_| garbage("it is no JSON"))?;
    let failures = match &answer {
        Value::Null => return Ok(Vec::new()),
        Value::Object(answer) => answer.get("batchItemFailures").unwrap_or(&Value::Null),
        _ => return Err(garbage("it is no object")),
    };
    match failures {
        Value::Null => Ok(Vec::new()),
        Value::Array(failures) => Ok(named(failures, ids).unwrap_or_else(|| ids.to_vec())),
        _ => Err(garbage("its `batchItemFailures` is no list")),
    }
}

/// The ids in the order of the batch; `None` where one of them is not of the batch.
fn named(failures: &[Value], ids: &[String]) -> Option<Vec<String>> {
    let named = failures.iter().map(|failure| {
        let id = failure.get("itemIdentifier")?.as_str()?;
        ids.iter().find(|known| *known == id)
    });
    let named: Vec<&String> = named.collect::<Option<_>>()?;
    Some(ids.iter().filter(|id| named.contains(id)).cloned().collect())
}

fn excerpt(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let mut shown: String = text.chars().take(80).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

fn md5(text: &str) -> String {
    let mut hex = String::new();
    for byte in Md5::digest(text.as_bytes()) {
        // Writing into a text cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// `2026-01-02T03:04:05.678Z`: three digits always, as SNS writes it.
fn timestamp(epoch_ms: i64) -> String {
    let seconds = DateTime::from_secs(epoch_ms.div_euclid(1000)).fmt(Format::DateTime);
    let seconds = seconds.unwrap_or_default();
    format!("{}.{:03}Z", seconds.trim_end_matches('Z'), epoch_ms.rem_euclid(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> Vec<String> {
        ["a", "b", "c"].map(str::to_owned).to_vec()
    }

    fn failed(answer: &str) -> Vec<String> {
        batch_failures(answer.as_bytes(), &ids()).unwrap()
    }

    #[test]
    fn an_answer_that_names_nobody_means_that_all_are_done() {
        for answer in ["", " \n", "null", "{}", r#"{"statusCode": 200}"#] {
            assert_eq!(failed(answer), [""; 0], "{answer}");
        }
        assert_eq!(failed(r#"{"batchItemFailures": []}"#), [""; 0]);
        assert_eq!(failed(r#"{"batchItemFailures": null}"#), [""; 0]);
    }

    #[test]
    fn named_messages_failed_and_their_neighbours_did_not() {
        let answer = r#"{"batchItemFailures": [
            {"itemIdentifier": "c"}, {"itemIdentifier": "a"}, {"itemIdentifier": "c"}]}"#;
        assert_eq!(failed(answer), ["a", "c"]);
    }

    #[test]
    fn an_id_that_is_none_of_the_batch_fails_all_of_it() {
        for id in [r#""""#, "null", r#""z""#, "1"] {
            let answer = format!(
                r#"{{"batchItemFailures": [{{"itemIdentifier": "a"}}, {{"itemIdentifier": {id}}}]}}"#
            );
            assert_eq!(failed(&answer), ids(), "{id}");
        }
        assert_eq!(failed(r#"{"batchItemFailures": [{"messageId": "a"}]}"#), ids());
        assert_eq!(failed(r#"{"batchItemFailures": ["a"]}"#), ids());
    }

    #[test]
    fn an_answer_that_cannot_name_messages_is_told_with_its_text() {
        for answer in ["ok", "\"ok\"", "[1]", "true", r#"{"batchItemFailures": "a"}"#, "{\"a\":"] {
            let told = batch_failures(answer.as_bytes(), &ids()).unwrap_err().to_string();
            assert!(told.contains(&format!("`{answer}`")), "{told}");
        }
        let told = batch_failures(&[0xff; 4000], &ids()).unwrap_err().to_string();
        assert!(told.chars().count() < 300, "{told}");
    }

    #[test]
    fn a_queues_event_is_what_lambda_documents() {
        let message = QueueMessage {
            message_id: "059f36b4-87a3-44ab-83d2-661975830a7d".into(),
            body: "Test message.".into(),
            receive_count: 2,
            sent_ms: 1_545_082_649_183,
            queue_arn: "arn:aws:sqs:us-east-2:123456789012:my-queue".into(),
            region: "us-east-2".into(),
        };
        let event: Value = serde_json::from_slice(&queue_event(&[message])).unwrap();
        let record = &event["Records"][0];
        assert_eq!(record["md5OfBody"], "e4e68fb7bd0e697a0ae8f1bb342846b3");
        assert_eq!(record["attributes"]["ApproximateReceiveCount"], "2");
        assert_eq!(record["attributes"]["SentTimestamp"], "1545082649183");
        assert_eq!(record["eventSource"], "aws:sqs");
        let mut keys: Vec<_> = record.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(
            keys,
            [
                "attributes",
                "awsRegion",
                "body",
                "eventSource",
                "eventSourceARN",
                "md5OfBody",
                "messageAttributes",
                "messageId",
                "receiptHandle"
            ]
        );
    }

    #[test]
    fn a_topics_event_carries_the_message_and_its_time() {
        let message = TopicMessage {
            message_id: "95df01b4-ee98-5cb9-9903-4c221d41eb5e".into(),
            message: r#"{"job_id":1}"#.into(),
            topic_arn: "arn:aws:sns:us-east-2:123456789012:sns-lambda".into(),
            timestamp_ms: 1_546_433_107_007,
        };
        let event: Value = serde_json::from_slice(&topic_event(&message)).unwrap();
        let sns = &event["Records"][0]["Sns"];
        assert_eq!(sns["Message"], r#"{"job_id":1}"#);
        assert_eq!(sns["Timestamp"], "2019-01-02T12:45:07.007Z");
        assert_eq!(sns["Type"], "Notification");
        assert_eq!(event["Records"][0]["EventSource"], "aws:sns");
    }
}
