//! All records of one event, each for itself.
//!
//! In: an event and the author's handler. Out: SQS's partial batch answer, or an error where only
//! that can tell of a failure (SNS). Records run side by side; one that is unreadable, fails,
//! panics or takes too long leaves its neighbours alone.

use crate::envelope::{Delivery, EnvelopeError, Source, open};
use crate::job::Job;
use crate::log;
use crate::tick::Tick;
use futures_util::{FutureExt, StreamExt, stream};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt::Display;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// How many records run side by side: SQS's usual batch.
const SIDE_BY_SIDE: usize = 10;

/// One event to work through.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// The event as Lambda gave it.
    pub event: &'a Value,
    /// How long all of it may take; a record that is not done by then has failed.
    pub within: Option<Duration>,
}

/// Why an invocation failed as a whole.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// The event is none that a consumer gets.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// Ticks failed that only a failed invocation can tell of.
    #[error("{failed} of {all} ticks failed; the last one: {reason}")]
    Ticks {
        /// How many.
        failed: usize,
        /// Of how many.
        all: usize,
        /// Why the last one did.
        reason: String,
    },
}

struct Failure {
    source: Source,
    id: String,
    reason: String,
}

impl Batch<'_> {
    /// Hands every tick to `handler` and answers what the event source understands.
    ///
    /// # Errors
    /// The event is unreadable as a whole, or a record failed that cannot be reported by its id.
    pub async fn handle<T, H, F, E>(self, handler: &H) -> Result<Value, BatchError>
    where
        T: DeserializeOwned,
        H: Fn(Tick<T>) -> F,
        F: Future<Output = Result<(), E>>,
        E: Display,
    {
        let deliveries = open(self.event)?;
        let all = deliveries.len();
        let runs = deliveries.into_iter().map(|delivery| one(delivery, self.within, handler));
        let outcomes = stream::iter(runs).buffered(SIDE_BY_SIDE);
        let failures: Vec<Failure> = outcomes.filter_map(std::future::ready).collect().await;
        answer(&failures, all)
    }
}

async fn one<T, H, F, E>(
    delivery: Delivery,
    within: Option<Duration>,
    handler: &H,
) -> Option<Failure>
where
    T: DeserializeOwned,
    H: Fn(Tick<T>) -> F,
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let Delivery { source, id, attempt, message } = delivery;
    let result = match parse(message.as_deref()) {
        Ok(job) => guarded(handler, Tick { job, id: id.clone(), attempt }, within).await,
        Err(reason) => Err(reason),
    };
    let reason = result.err()?;
    log::error("tick failed", &[("tick", &id), ("reason", &reason)]);
    Some(Failure { source, id, reason })
}

fn parse<T: DeserializeOwned>(message: Option<&str>) -> Result<Job<T>, String> {
    let message = message.ok_or("the record is neither SNS's nor SQS's, or holds no message")?;
    Job::parse(message).map_err(|e| e.to_string())
}

/// Runs the handler, and turns a panic and a time-out into a failure of this one tick.
async fn guarded<T, H, F, E>(
    handler: &H,
    tick: Tick<T>,
    within: Option<Duration>,
) -> Result<(), String>
where
    H: Fn(Tick<T>) -> F,
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let work = AssertUnwindSafe(async { handler(tick).await }).catch_unwind();
    let done = match within {
        Some(limit) => tokio::time::timeout(limit, work).await,
        None => Ok(work.await),
    };
    match done {
        Ok(Ok(result)) => result.map_err(|e| e.to_string()),
        Ok(Err(_)) => Err("the handler panicked".to_owned()),
        Err(_) => Err("the handler was not done before the function's time-out".to_owned()),
    }
}

fn answer(failures: &[Failure], all: usize) -> Result<Value, BatchError> {
    let whole = |f: &&Failure| f.source != Source::Sqs;
    if let Some(last) = failures.iter().rfind(whole) {
        return Err(BatchError::Ticks { failed: failures.len(), all, reason: last.reason.clone() });
    }
    let ids = failures.iter().map(|f| json!({"itemIdentifier": f.id}));
    Ok(json!({"batchItemFailures": ids.collect::<Vec<_>>()}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[derive(serde::Deserialize)]
    struct Own {
        #[serde(default)]
        how: String,
    }

    fn message(job_id: u64, how: &str) -> String {
        json!({"user_id": "u", "user_email": "u@example.com", "job_id": job_id,
            "job_type": "t", "sleep_time": 60, "how": how})
        .to_string()
    }

    fn sqs(bodies: &[String]) -> Value {
        let records = bodies.iter().enumerate();
        let records = records.map(|(i, body)| json!({"messageId": format!("m{i}"), "body": body}));
        json!({"Records": records.collect::<Vec<_>>()})
    }

    fn sns(body: &str) -> Value {
        json!({"Records": [{"Sns": {"MessageId": "s", "Message": body}}]})
    }

    /// Runs an event through a handler that does what each job says; answers who got through.
    async fn work(event: &Value) -> (Result<Value, BatchError>, Vec<u64>) {
        let seen = RefCell::new(Vec::new());
        let handler = |tick: Tick<Own>| {
            let seen = &seen;
            async move {
                match tick.job.own.how.as_str() {
                    "fail" => return Err("as told"),
                    "panic" => panic!("as told"),
                    "hang" => std::future::pending().await,
                    _ => seen.borrow_mut().push(tick.job.job_id),
                }
                Ok(())
            }
        };
        let within = Some(Duration::from_millis(200));
        let answer = Batch { event, within }.handle(&handler).await;
        (answer, seen.into_inner())
    }

    #[tokio::test]
    async fn a_bad_record_takes_no_neighbour_with_it() {
        for bad in [message(9, "fail"), message(9, "panic"), message(9, "hang"), "junk".into()] {
            let (answer, seen) = work(&sqs(&[message(0, ""), bad, message(2, "")])).await;
            let failures = json!({"batchItemFailures": [{"itemIdentifier": "m1"}]});
            assert_eq!(answer.unwrap(), failures);
            assert_eq!(seen, [0, 2]);
        }
    }

    #[tokio::test]
    async fn a_good_batch_names_nobody() {
        let (answer, _) = work(&sqs(&[message(0, ""), message(1, "")])).await;
        assert_eq!(answer.unwrap(), json!({"batchItemFailures": []}));
    }

    #[tokio::test]
    async fn a_failed_sns_tick_fails_the_invocation() {
        let (answer, _) = work(&sns(&message(0, "fail"))).await;
        assert!(answer.unwrap_err().to_string().contains("as told"));
        let (answer, seen) = work(&sns(&message(4, ""))).await;
        assert!(answer.is_ok());
        assert_eq!(seen, [4]);
    }

    #[tokio::test]
    async fn a_record_without_an_id_cannot_be_swallowed() {
        let (answer, _) = work(&json!({"Records": [{"body": message(0, "")}]})).await;
        assert!(answer.is_err());
    }
}
