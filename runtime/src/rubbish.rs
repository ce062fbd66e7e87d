//! Whatever arrives, the parsers answer: events with bytes changed at random.

use crate::fakes::{MemoryDeadLetters, MemoryJobs, MemoryQueue, MemorySchedules};
use crate::{controller, items, stream};
use proptest::prelude::*;
use std::future::Future;

const STREAM: &[u8] = br#"{"Records":[{"eventID":"e1","eventName":"INSERT","dynamodb":{"ApproximateCreationDateTime":1.7e9,"Keys":{"user_id":{"S":"u"},"job_id":{"N":"0"}},"NewImage":{"user_id":{"S":"u"},"job_id":{"N":"0"},"x":{"L":[{"M":{"a":{"NULL":true}}},{"NS":["1"]}]}},"SequenceNumber":"1"}}]}"#;
const BATCH: &[u8] = br#"{"Records":[{"messageId":"m1","body":"{\"scheduler_id\":\"u-0\",\"change_type\":\"create\",\"scheduled_job\":{},\"timestamp\":1.5}","attributes":{"MessageGroupId":"u-0"}}]}"#;
const REQUEST: &[u8] = br#"{"pathParameters":{"job_id":"0"},"body":"e30=","isBase64Encoded":true,"requestContext":{"authorizer":{"jwt":{"claims":{"cognito:username":"u","email":"u@e"}}}}}"#;
const JOB: &[u8] = br#"{"job_type":"test","sleep_time":60,"own":[1.5e3,{"a":null}]}"#;

/// `original` with up to four bytes replaced, and sometimes cut.
fn mutated(original: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let places = prop::collection::vec((0..original.len(), any::<u8>()), 0..4);
    (places, 0..=original.len() * 4).prop_map(|(places, cut)| {
        let mut bytes = original.to_vec();
        for (place, byte) in places {
            bytes[place] = byte;
        }
        bytes.truncate(cut.max(1));
        bytes
    })
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(future)
}

proptest! {
    #[test]
    fn a_stream_batch(bytes in mutated(STREAM)) {
        if let Ok(event) = stream::parse(&bytes) {
            let records = event.records.len();
            let queue = MemoryQueue::default();
            let forwarded = wait(stream::forward(&queue, event));
            let sent = queue.sent.lock().unwrap().len();
            prop_assert_eq!(forwarded.failed_at, None);
            prop_assert!(sent <= records && forwarded.problems.len() <= records);
        }
    }

    #[test]
    fn a_batch_of_changes(bytes in mutated(BATCH)) {
        if let Ok(messages) = controller::parse(&bytes) {
            let controller = controller::Controller {
                jobs: MemoryJobs::default(),
                schedules: MemorySchedules::default(),
                dead_letters: MemoryDeadLetters::default(),
                deployment: controller::Deployment {
                    types: crate::job_types::JobTypes::default(),
                    target: controller::Target {
                        topic_arn: String::new(),
                        role_arn: String::new(),
                        dead_letter_arn: String::new(),
                    },
                },
            };
            let report = wait(controller::run(&controller, messages, 0));
            let buried = controller.dead_letters.letters.lock().unwrap().len();
            prop_assert_eq!(report.problems.len(), buried);
        }
    }

    #[test]
    fn a_request(bytes in mutated(REQUEST)) {
        if let Ok(request) = items::http::parse(&bytes) {
            prop_assert!(request.caller.is_none_or(|caller| !caller.user_id.is_empty()));
        }
    }

    #[test]
    fn a_body(bytes in mutated(JOB), schema in prop_oneof![Just("true"), Just("{\"type\":\"object\"}")]) {
        let document = format!("{{\"test\":{schema}}}");
        let types = crate::job_types::JobTypes::parse(&document).unwrap();
        let caller = items::Caller { user_id: "u".to_owned(), user_email: "u@e".to_owned() };
        let query = items::Query::default();
        let body = Some(bytes.as_slice());
        let ask =
            items::Ask { caller: &caller, job_id: "", body, query: &query, if_match: None, now: 0 };
        let jobs = MemoryJobs::default();
        let creation = items::Creation { types, max_jobs: None };
        let answer = wait(items::create(&jobs, &creation, ask));
        let status = answer.unwrap_or_else(|error| error.answer()).status;
        prop_assert!([200, 400, 422].contains(&status), "{}", status);
    }
}
