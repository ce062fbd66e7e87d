//! What a consumer in Rust may use: one file, no crate of its own. Version 0.1.0.
//!
//! ```ignore
//! mod scheduler_plugin;
//! use scheduler_plugin::{Error, Tick, run};
//!
//! fn main() -> Result<(), Error> {
//!     run(|tick: Tick<Ping>| async move { Ok::<_, Error>(()) })
//! }
//! ```
//!
//! `run` takes jobs out of their envelopes (SQS's and SNS's), hands them over typed and side by
//! side, and says which of them failed: only those come again. A tick may come twice:
//! `tick.idempotency_key()` tells. Crates: `lambda_runtime`, `serde` (`derive`), `serde_json`, and
//! `tokio` (`rt`, `time`). Deliberately absent: state (add `object_store`, and open what
//! `STATE_URL` names, `s3://bucket/prefix` or `file:///folder`) and mail (add `aws-sdk-sesv2` for
//! a `MAIL_URL` of `ses://region`, write an `.eml` into the folder of a `file:///outbox`; the
//! sender is `SOURCE_EMAIL`).
//!
//! SPDX-License-Identifier: MIT OR Apache-2.0

#![allow(dead_code, reason = "a plugin uses what it needs of this file")]

use lambda_runtime::{LambdaEvent, service_fn};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::fmt::Display;
use std::future::Future;
use std::io::Write;
use std::rc::Rc;
use std::time::{Duration, SystemTime};
use tokio::task::{JoinHandle, LocalSet};
use tokio::time::Instant;

/// Whatever went wrong.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Every field that belongs to the core; what a job has besides is its type's own.
const CORE_FIELDS: [&str; 12] = [
    "user_id",
    "user_email",
    "job_id",
    "job_type",
    "sleep_time",
    "enabled",
    "rev",
    "anchor",
    "updated_at",
    "next_run",
    "last_run",
    "runs",
];

/// Kept back of the function's time, to answer in.
const TO_ANSWER: Duration = Duration::from_millis(500);

/// One firing of a job.
#[derive(Debug, Clone)]
pub struct Tick<T> {
    /// What to do.
    pub job: Job<T>,
    /// The delivery's id: the same when this tick is delivered again.
    pub id: String,
    /// 1 for the first delivery; always 1 without a queue.
    pub attempt: u32,
}

/// A job with the type's own fields in the author's type.
#[derive(Debug, Clone)]
pub struct Job<T> {
    /// Who owns it.
    pub user_id: String,
    /// The owner's address.
    pub user_email: String,
    /// Unique for a user.
    pub job_id: u64,
    /// The job type, which is one of the plugin's own.
    pub job_type: String,
    /// The interval, seconds.
    pub sleep_time: u64,
    /// The type's own fields.
    pub own: T,
}

impl<T> Job<T> {
    /// Unique in a deployment, and the same for every tick of the job.
    pub fn key(&self) -> String {
        format!("{}-{}", self.user_id, self.job_id)
    }
}

impl<T> Tick<T> {
    /// The same for every delivery of this tick, and no other's.
    pub fn idempotency_key(&self) -> String {
        format!("{}-{}", self.job.key(), self.id)
    }
}

/// Runs the handler for every tick until Lambda, or `scheduler local`, ends the process. All of it
/// on one thread: a function waits far more than it computes.
///
/// # Errors
/// The process was not started behind a Lambda Runtime API, or lost it.
pub fn run<T, H, F, E>(handler: H) -> Result<(), Error>
where
    T: DeserializeOwned + 'static,
    H: Fn(Tick<T>) -> F + 'static,
    F: Future<Output = Result<(), E>> + 'static,
    E: Display + 'static,
{
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return Err("this program is a Lambda function: try `scheduler plugin test`".into());
    }
    let handler = Rc::new(handler);
    let function = service_fn(move |event: LambdaEvent<Value>| {
        let deadline = SystemTime::UNIX_EPOCH + Duration::from_millis(event.context.deadline);
        // A host that gives no deadline is not one that has passed.
        let left = deadline.duration_since(SystemTime::now()).ok();
        let within = left.map(|left| left.saturating_sub(TO_ANSWER));
        batch(event.payload, within, Rc::clone(&handler))
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(lambda_runtime::run(function))
}

/// Works through an event, and answers what its source understands.
async fn batch<T, H, F, E>(
    event: Value,
    within: Option<Duration>,
    handler: Rc<H>,
) -> Result<Value, Error>
where
    T: DeserializeOwned + 'static,
    H: Fn(Tick<T>) -> F + 'static,
    F: Future<Output = Result<(), E>> + 'static,
    E: Display + 'static,
{
    let records = event.get("Records").and_then(Value::as_array).ok_or(
        "the event has no list of `Records`: a consumer is invoked by SNS or by an SQS queue",
    )?;
    let until = within.map(|within| Instant::now() + within);
    let local = LocalSet::new();
    let start = |delivery: Delivery| {
        let (queued, id) = (delivery.queued, delivery.id.clone());
        (queued, id, local.spawn_local(one(delivery, Rc::clone(&handler))))
    };
    let runs: Vec<_> = records.iter().map(Delivery::of).map(start).collect();
    let mut failed = Vec::new();
    for (queued, id, run) in runs {
        if let Err(reason) = local.run_until(done(run, until)).await {
            error("tick failed", &[("tick", &id), ("reason", &reason)]);
            failed.push((queued, id, reason));
        }
    }
    if let Some((_, _, reason)) = failed.iter().rfind(|(queued, _, _)| !queued) {
        let (failed, all) = (failed.len(), records.len());
        return Err(format!("{failed} of {all} ticks failed; the last one: {reason}").into());
    }
    let ids = failed.iter().map(|(_, id, _)| json!({ "itemIdentifier": id }));
    Ok(json!({ "batchItemFailures": ids.collect::<Vec<_>>() }))
}

async fn one<T, H, F, E>(delivery: Delivery, handler: Rc<H>) -> Result<(), String>
where
    T: DeserializeOwned,
    H: Fn(Tick<T>) -> F,
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    handler(tick(delivery)?).await.map_err(|error| error.to_string())
}

/// Turns a panic and a time-out into a failure of this one tick.
async fn done(run: JoinHandle<Result<(), String>>, until: Option<Instant>) -> Result<(), String> {
    let done = match until {
        Some(until) => tokio::time::timeout_at(until, run).await,
        None => Ok(run.await),
    };
    match done {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err("the handler panicked".into()),
        Err(_) => Err("the handler was not done before the function's time-out".into()),
    }
}

/// One record of an event, unwrapped.
struct Delivery {
    /// Whether a failure can be told by the record's id.
    queued: bool,
    id: String,
    attempt: u32,
    message: Option<String>,
}

impl Delivery {
    fn of(record: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        if let Some(sns) = record.get("Sns") {
            let id = text(&sns["MessageId"]).unwrap_or_default();
            return Self { queued: false, id, attempt: 1, message: text(&sns["Message"]) };
        }
        let Some(id) = text(&record["messageId"]) else {
            return Self { queued: false, id: String::new(), attempt: 1, message: None };
        };
        let count = record["attributes"]["ApproximateReceiveCount"].as_str();
        let attempt = count.and_then(|count| count.parse().ok()).unwrap_or(1);
        Self { queued: true, id, attempt, message: text(&record["body"]).map(unwrapped) }
    }
}

/// SNS's own envelope stands in a queue's body where raw delivery is off.
fn unwrapped(body: String) -> String {
    let Ok(inner) = serde_json::from_str::<Value>(&body) else { return body };
    let wrapped = inner["Type"] == "Notification" && inner["TopicArn"].is_string();
    match inner["Message"].as_str() {
        Some(message) if wrapped => message.to_owned(),
        _ => body,
    }
}

fn tick<T: DeserializeOwned>(delivery: Delivery) -> Result<Tick<T>, String> {
    #[derive(Deserialize)]
    struct Core {
        user_id: String,
        user_email: String,
        job_id: u64,
        job_type: String,
        sleep_time: u64,
    }
    let Delivery { id, attempt, message, .. } = delivery;
    let message = message.ok_or("the record is neither SNS's nor SQS's, or holds no message")?;
    let fields: Result<Map<String, Value>, _> = serde_json::from_str(&message);
    let mut fields = fields.map_err(|error| format!("the message is no JSON object: {error}"))?;
    let core = Core::deserialize(Value::Object(fields.clone()));
    let core = core.map_err(|error| format!("the message is no job: {error}"))?;
    fields.retain(|name, _| !CORE_FIELDS.contains(&name.as_str()));
    let own = T::deserialize(Value::Object(fields));
    let own = own.map_err(|error| format!("the job's own fields do not fit its type: {error}"))?;
    let Core { user_id, user_email, job_id, job_type, sleep_time } = core;
    let job = Job { user_id, user_email, job_id, job_type, sleep_time, own };
    Ok(Tick { job, id, attempt })
}

/// Something worth knowing happened. Logs are one JSON object a line on stderr, where CloudWatch
/// and a terminal find it.
pub fn info(event: &str, fields: &[(&str, &str)]) {
    write_line("info", event, fields);
}

/// Something is odd, and was coped with.
pub fn warn(event: &str, fields: &[(&str, &str)]) {
    write_line("warn", event, fields);
}

/// Something failed.
pub fn error(event: &str, fields: &[(&str, &str)]) {
    write_line("error", event, fields);
}

fn write_line(level: &str, event: &str, fields: &[(&str, &str)]) {
    let all = fields.iter().copied().chain([("level", level), ("event", event)]);
    let line: Map<String, Value> = all.map(|(name, value)| (name.into(), value.into())).collect();
    // A log that cannot be written is no reason to fail a tick.
    let _ = writeln!(std::io::stderr().lock(), "{}", Value::Object(line));
}
