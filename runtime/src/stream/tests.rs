//! The stream function over a working model of the queue.

use super::*;
use crate::fakes::MemoryQueue;
use scheduler_contract::{Change, SchedulerChange};
use serde_json::{Value, json};

fn image(extra: &Value) -> Value {
    let mut image = json!({"user_id": {"S": "u"}, "job_id": {"N": "3"}, "job_type": {"S": "test"},
        "user_email": {"S": "u@example.com"}, "sleep_time": {"N": "60"}});
    let extra = extra.as_object().unwrap().clone();
    image.as_object_mut().unwrap().extend(extra);
    image
}

fn record(number: usize, name: &str, view: Value) -> Value {
    let mut dynamodb = json!({"Keys": {"user_id": {"S": "u"}, "job_id": {"N": "3"}},
        "SequenceNumber": number.to_string(), "ApproximateCreationDateTime": 1_700_000_000.5,
        "StreamViewType": "NEW_AND_OLD_IMAGES"});
    dynamodb.as_object_mut().unwrap().extend(view.as_object().unwrap().clone());
    json!({"eventID": format!("e{number}"), "eventName": name, "eventSource": "aws:dynamodb",
        "dynamodb": dynamodb})
}

fn inserted(number: usize) -> Value {
    record(number, "INSERT", json!({"NewImage": image(&json!({}))}))
}

async fn forwarded(queue: &MemoryQueue, records: Vec<Value>) -> Forwarded {
    let event = json!({"Records": records}).to_string();
    forward(queue, parse(event.as_bytes()).unwrap()).await
}

fn sent(queue: &MemoryQueue) -> Vec<SchedulerChange> {
    let sent = queue.sent.lock().unwrap();
    sent.iter().map(|change| serde_json::from_str(&change.body).unwrap()).collect()
}

#[tokio::test]
async fn a_record_becomes_the_originals_event() {
    let queue = MemoryQueue::default();
    let additions = json!({"rev": {"N": "2"}, "enabled": {"BOOL": true}, "anchor": {"N": "1"},
        "updated_at": {"N": "1"}, "url": {"S": "https://example.com"}});
    let records = vec![record(1, "INSERT", json!({"NewImage": image(&additions)}))];
    assert_eq!(forwarded(&queue, records).await, Forwarded::default());
    let sent = queue.sent.lock().unwrap();
    assert_eq!(sent[0].group, "u-3");
    assert_eq!(sent[0].deduplication_id, "e1");
    let body: Value = serde_json::from_str(&sent[0].body).unwrap();
    let wanted = json!({"scheduler_id": "u-3", "change_type": "create", "timestamp": 1_700_000_000,
        "scheduled_job": {"user_id": "u", "user_email": "u@example.com", "job_id": 3,
            "job_type": "test", "sleep_time": 60, "url": "https://example.com"}});
    assert_eq!(body, wanted);
}

#[tokio::test]
async fn inserts_changes_and_removals_are_told_apart() {
    let queue = MemoryQueue::default();
    let records = vec![
        inserted(1),
        record(2, "MODIFY", json!({"NewImage": image(&json!({}))})),
        record(3, "REMOVE", json!({"OldImage": image(&json!({}))})),
    ];
    forwarded(&queue, records).await;
    let sent = sent(&queue);
    assert!(matches!(sent[0].change, Change::Create(_)));
    assert!(matches!(sent[1].change, Change::Modify(_)));
    assert_eq!(sent[2].change, Change::Remove);
}

#[tokio::test]
async fn original_defect_null_list_map_and_big_integers_are_forwarded() {
    let queue = MemoryQueue::default();
    let own = json!({"gone": {"NULL": true}, "list": {"L": [{"N": "1"}]}, "map": {"M": {}},
        "set": {"NS": ["2"]}, "big": {"N": "9007199254740993"}});
    let records = vec![record(1, "MODIFY", json!({"NewImage": image(&own)}))];
    assert_eq!(forwarded(&queue, records).await, Forwarded::default());
    let body = queue.sent.lock().unwrap()[0].body.clone();
    for text in [
        r#""gone":null"#,
        r#""list":[1]"#,
        r#""map":{}"#,
        r#""set":[2]"#,
        r#""big":9007199254740993"#,
    ] {
        assert!(body.contains(text), "{body}");
    }
}

#[tokio::test]
async fn original_defect_equal_events_are_not_deduplicated() {
    let queue = MemoryQueue::default();
    forwarded(&queue, vec![inserted(1), inserted(2)]).await;
    let sent = queue.sent.lock().unwrap();
    assert_eq!(sent[0].body, sent[1].body);
    assert_ne!(sent[0].deduplication_id, sent[1].deduplication_id);
}

#[tokio::test]
async fn jobs_are_not_judged() {
    let queue = MemoryQueue::default();
    let bare = json!({"NewImage": {"user_id": {"S": "u"}, "job_id": {"N": "3"}}});
    assert_eq!(forwarded(&queue, vec![record(1, "INSERT", bare)]).await, Forwarded::default());
    assert_eq!(sent(&queue).len(), 1);
}

#[tokio::test]
async fn the_id_counter_is_no_job() {
    let queue = MemoryQueue::default();
    let keys = json!({"user_id": {"S": "u"}, "job_id": {"N": "-1"}});
    let counter = record(1, "INSERT", json!({"Keys": keys, "NewImage": keys}));
    assert_eq!(forwarded(&queue, vec![counter]).await, Forwarded::default());
    assert!(sent(&queue).is_empty());
}

#[tokio::test]
async fn changes_travel_ten_at_a_time() {
    let queue = MemoryQueue::default();
    forwarded(&queue, (1..=23).map(inserted).collect()).await;
    assert_eq!(*queue.sends.lock().unwrap(), [10, 10, 3]);
}

#[tokio::test]
async fn a_send_stays_under_256_kib() {
    let queue = MemoryQueue::default();
    let large = json!({"text": {"S": "x".repeat(100_000)}});
    let records = (1..=5).map(|n| record(n, "INSERT", json!({"NewImage": image(&large)})));
    forwarded(&queue, records.collect()).await;
    assert_eq!(*queue.sends.lock().unwrap(), [2, 2, 1]);
}

#[tokio::test]
async fn a_job_too_large_for_a_message_travels_as_its_keys() {
    let queue = MemoryQueue::default();
    let large = json!({"text": {"S": "x".repeat(300_000)}});
    let records = vec![record(1, "INSERT", json!({"NewImage": image(&large)}))];
    assert_eq!(forwarded(&queue, records).await, Forwarded::default());
    let sent = sent(&queue);
    assert_eq!(sent[0].scheduler_id, "u-3");
    let job = sent[0].change.scheduled_job().unwrap();
    assert_eq!(job.keys().collect::<Vec<_>>(), ["job_id", "user_id"]);
}

#[tokio::test]
async fn a_refused_change_is_where_the_stream_goes_on() {
    let mut queue = MemoryQueue::default();
    queue.refused.insert("e13".to_owned());
    queue.refused.insert("e15".to_owned());
    let result = forwarded(&queue, (1..=25).map(inserted).collect()).await;
    assert_eq!(result.failed_at.as_deref(), Some("13"));
    // What comes after the failed send arrives again, so it is not sent now.
    assert_eq!(*queue.sends.lock().unwrap(), [10, 10]);
}

#[tokio::test]
async fn a_queue_that_is_down_fails_from_the_first_record_on() {
    let queue = MemoryQueue { is_down: true, ..MemoryQueue::default() };
    let result = forwarded(&queue, vec![inserted(7), inserted(8)]).await;
    assert_eq!(result.failed_at.as_deref(), Some("7"));
    assert!(result.problems[0].contains("the network is down"));
}

#[tokio::test]
async fn a_record_of_which_only_the_keys_can_be_read_is_a_hint_as_good_as_any() {
    let broken = [
        record(2, "INSERT", json!({"NewImage": {"x": {"N": "?"}}})),
        record(2, "INSERT", json!({})),
        record(2, "RENAME", json!({"NewImage": {}})),
    ];
    for bad in broken {
        let queue = MemoryQueue::default();
        let result = forwarded(&queue, vec![inserted(1), bad, inserted(3)]).await;
        assert_eq!(result.failed_at, None);
        assert!(result.problems[0].starts_with("cannot read more than the keys of record `2`"));
        let sent = sent(&queue);
        assert_eq!(sent.len(), 3);
        assert_eq!(sent[1].scheduler_id, "u-3");
        let job = sent[1].change.scheduled_job().unwrap();
        assert_eq!(job.keys().collect::<Vec<_>>(), ["job_id", "user_id"]);
    }
}

#[tokio::test]
async fn a_record_without_readable_keys_takes_no_neighbour_along() {
    let broken = [
        json!({"dynamodb": {"SequenceNumber": "2"}}),
        record(2, "INSERT", json!({"Keys": {"user_id": {"S": "u"}}, "NewImage": {}})),
        record(2, "INSERT", json!({"Keys": {"user_id": {"S": "u"}, "job_id": {"S": "x"}}})),
    ];
    for bad in broken {
        let queue = MemoryQueue::default();
        let result = forwarded(&queue, vec![inserted(1), bad, inserted(3)]).await;
        assert_eq!(result.failed_at, None);
        assert!(result.problems[0].starts_with("cannot make out the job of record `2`"));
        assert_eq!(sent(&queue).len(), 2);
    }
}

#[tokio::test]
async fn a_change_that_the_queue_never_takes_is_sent_as_its_keys() {
    let queue = MemoryQueue { taboo: Some("secret"), ..MemoryQueue::default() };
    let bad = record(2, "MODIFY", json!({"NewImage": image(&json!({"x": {"S": "secret"}}))}));
    let result = forwarded(&queue, vec![inserted(1), bad, inserted(3)]).await;
    assert_eq!(result.failed_at, None);
    assert!(result.problems[0].contains("`u-3` was sent as its keys"), "{:?}", result.problems);
    assert_eq!(sent(&queue).len(), 3);
}

#[tokio::test]
async fn a_change_that_no_form_makes_acceptable_is_left_to_the_reconciler() {
    let queue = MemoryQueue { taboo: Some("u-9"), ..MemoryQueue::default() };
    let keys = json!({"Keys": {"user_id": {"S": "u"}, "job_id": {"N": "9"}}});
    let bad = record(2, "REMOVE", keys);
    let result = forwarded(&queue, vec![inserted(1), bad, inserted(3)]).await;
    assert_eq!(result.failed_at, None);
    assert!(result.problems[0].contains("left to the reconciler"), "{:?}", result.problems);
    assert_eq!(sent(&queue).len(), 2);
}

#[tokio::test]
async fn rubbish_among_the_records_stops_nobody() {
    let queue = MemoryQueue::default();
    let result = forwarded(&queue, vec![json!(1), json!({}), inserted(3)]).await;
    assert_eq!(result.failed_at, None);
    assert_eq!(result.problems.len(), 2);
    assert_eq!(sent(&queue).len(), 1);
}
