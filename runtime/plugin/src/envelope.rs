//! The envelopes that a tick comes in.
//!
//! In: the event of an invocation. Out: one [`Delivery`] a record, with the message that the
//! schedule sent. Known: SNS straight (`Records[].Sns.Message`), SQS with raw delivery
//! (`Records[].body`), and SQS without it (the body is SNS's own envelope).

use serde::Deserialize;
use serde_json::Value;

/// One record of an event, unwrapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// Who delivered it, and so how a failure is told.
    pub(crate) source: Source,
    /// The deliverer's id of the message; stays the same when it is delivered again.
    pub(crate) id: String,
    /// 1 for the first delivery.
    pub(crate) attempt: u32,
    /// The message; `None` where the record has none that could be read.
    pub(crate) message: Option<String>,
}

/// Who delivered a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A topic: the whole invocation fails or succeeds.
    Sns,
    /// A queue: each record fails or succeeds for itself.
    Sqs,
    /// Nothing known; there is no id to report.
    Unknown,
}

/// Why an event is none that a consumer gets.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// No records.
    #[error("the event has no list of `Records`: a consumer is invoked by SNS or by an SQS queue")]
    NoRecords,
}

/// Unwraps every record.
pub(crate) fn open(event: &Value) -> Result<Vec<Delivery>, EnvelopeError> {
    let records = event.get("Records").and_then(Value::as_array);
    let records = records.ok_or(EnvelopeError::NoRecords)?;
    Ok(records.iter().map(delivery).collect())
}

fn delivery(record: &Value) -> Delivery {
    if let Some(sns) = record.get("Sns") {
        return from_sns(sns);
    }
    match text(record, "messageId") {
        Some(id) => from_sqs(record, id),
        None => unknown(),
    }
}

fn from_sns(sns: &Value) -> Delivery {
    Delivery {
        source: Source::Sns,
        id: text(sns, "MessageId").unwrap_or_default(),
        attempt: 1,
        message: text(sns, "Message"),
    }
}

fn from_sqs(record: &Value, id: String) -> Delivery {
    Delivery {
        source: Source::Sqs,
        id,
        attempt: receive_count(record),
        message: text(record, "body").map(unwrap_sns),
    }
}

fn unknown() -> Delivery {
    Delivery { source: Source::Unknown, id: String::new(), attempt: 1, message: None }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

fn receive_count(record: &Value) -> u32 {
    let count = record.pointer("/attributes/ApproximateReceiveCount");
    let count = count.and_then(Value::as_str).and_then(|n| n.parse().ok());
    count.unwrap_or(1)
}

/// SNS's envelope, which stands in a queue's body where raw delivery is off.
#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "TopicArn")]
    _topic: String,
    #[serde(rename = "Message")]
    message: String,
}

fn unwrap_sns(body: String) -> String {
    match serde_json::from_str::<Notification>(&body) {
        Ok(wrapped) if wrapped.kind == "Notification" => wrapped.message,
        _ => body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn only(event: &Value) -> Delivery {
        let mut all = open(event).unwrap();
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    #[test]
    fn sns_straight() {
        let event = json!({"Records": [{"EventSource": "aws:sns",
            "Sns": {"MessageId": "m1", "Message": "{\"a\":1}"}}]});
        let got = only(&event);
        assert_eq!((got.source, got.id.as_str()), (Source::Sns, "m1"));
        assert_eq!(got.message.as_deref(), Some("{\"a\":1}"));
    }

    #[test]
    fn sqs_with_raw_delivery() {
        let event = json!({"Records": [{"messageId": "m2", "body": "{\"a\":1}",
            "attributes": {"ApproximateReceiveCount": "3"}}]});
        let got = only(&event);
        assert_eq!((got.source, got.attempt), (Source::Sqs, 3));
        assert_eq!(got.message.as_deref(), Some("{\"a\":1}"));
    }

    #[test]
    fn sns_inside_sqs() {
        let body = json!({"Type": "Notification", "MessageId": "inner",
            "TopicArn": "arn:aws:sns:eu-central-1:1:t", "Message": "{\"a\":1}"});
        let event = json!({"Records": [{"messageId": "m3", "body": body.to_string()}]});
        let got = only(&event);
        assert_eq!(got.id, "m3");
        assert_eq!(got.message.as_deref(), Some("{\"a\":1}"));
    }

    #[test]
    fn a_job_whose_own_fields_look_like_an_envelope_stays_whole() {
        let body = json!({"Type": "Notification", "Message": "mine", "job_id": 1}).to_string();
        let event = json!({"Records": [{"messageId": "m", "body": body}]});
        assert_eq!(only(&event).message, Some(body));
    }

    #[test]
    fn records_of_unknown_shape_are_kept_as_such() {
        let event = json!({"Records": [{"body": "x"}, 5, {"messageId": "m", "body": 5}]});
        let got = open(&event).unwrap();
        assert_eq!(got[0].source, Source::Unknown);
        assert_eq!(got[1].source, Source::Unknown);
        assert_eq!((got[2].source, &got[2].message), (Source::Sqs, &None));
    }

    #[test]
    fn an_event_without_records_is_refused() {
        let told = open(&json!({"detail": {}})).unwrap_err().to_string();
        assert!(told.contains("`Records`"), "{told}");
    }
}
