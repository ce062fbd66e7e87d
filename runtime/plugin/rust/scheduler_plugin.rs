//! What a consumer in Rust may use: one file over `lambda_runtime`, MIT or Apache-2.0. Version 0.1.0.
//!
//! ```ignore
//! mod scheduler_plugin;
//! use scheduler_plugin::{Error, Tick, run};
//!
//! fn main() -> Result<(), Error> {
//!     run(|tick: Tick<Fields>| async move { Ok::<_, Error>(()) })
//! }
//! ```
//!
//! `run` takes jobs out of their envelopes (SQS's and SNS's), hands them over typed, and says which of
//! them failed: only those come again. Deliberately absent: state and mail. `STATE_URL` (`s3://` or
//! `file://`) is for the crate `object_store`, `MAIL_URL` (`ses://` or `file://`) for `aws-sdk-sesv2`.

use lambda_runtime::{LambdaEvent, service_fn};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::fmt::Display;
use std::future::Future;

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

/// One firing of a job.
#[allow(dead_code, reason = "a plugin reads what it needs")]
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
#[allow(dead_code, reason = "a plugin reads what it needs")]
#[derive(Debug, Clone)]
pub struct Job<T> {
    pub user_id: String,
    pub user_email: String,
    pub job_id: u64,
    pub job_type: String,
    /// The interval, seconds.
    pub sleep_time: u64,
    /// The type's own fields.
    pub own: T,
}

#[allow(dead_code, reason = "a plugin uses what it needs")]
impl<T> Tick<T> {
    /// The same for every delivery of this tick, and no other's.
    pub fn idempotency_key(&self) -> String {
        format!("{}-{}-{}", self.job.user_id, self.job.job_id, self.id)
    }
}

/// Runs the handler for every tick until Lambda, or `scheduler local`, ends the process.
pub fn run<T, H, F, E>(handler: H) -> Result<(), Error>
where
    T: DeserializeOwned,
    H: Fn(Tick<T>) -> F,
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return Err("this program is a Lambda function: try `scheduler plugin test`".into());
    }
    let handler = &handler;
    let work = lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        batch(&event.payload, handler).await
    }));
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// Hands every tick of an event over, and answers what the event's source understands.
pub async fn batch<T, H, F, E>(event: &Value, handler: &H) -> Result<Value, Error>
where
    T: DeserializeOwned,
    H: Fn(Tick<T>) -> F,
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let records = event["Records"].as_array().ok_or(
        "the event has no list of `Records`: a consumer is invoked by SNS or by an SQS queue",
    )?;
    let mut failed = Vec::new();
    for record in records {
        let delivery = delivery(record);
        let (id, queued) = (delivery.id.clone(), delivery.queued);
        let done = match tick(delivery) {
            Ok(tick) => handler(tick).await.map_err(|error| error.to_string()),
            Err(reason) => Err(reason),
        };
        if let Err(reason) = done {
            log("error", "tick failed", &[("tick", &id), ("reason", &reason)]);
            failed.push((queued, id, reason));
        }
    }
    if let Some((_, _, reason)) = failed.iter().rfind(|(queued, _, _)| !queued) {
        let (failed, all) = (failed.len(), records.len());
        return Err(format!("{failed} of {all} ticks failed; the last one: {reason}").into());
    }
    let ids: Vec<_> = failed.iter().map(|(_, id, _)| json!({ "itemIdentifier": id })).collect();
    Ok(json!({ "batchItemFailures": ids }))
}

/// One JSON object a line on stderr, where CloudWatch and a terminal find it. Levels: `info`, `warn`,
/// `error`.
pub fn log(level: &str, event: &str, fields: &[(&str, &str)]) {
    let all = fields.iter().copied().chain([("level", level), ("event", event)]);
    let line: Map<String, Value> = all.map(|(name, value)| (name.into(), value.into())).collect();
    eprintln!("{}", Value::Object(line));
}

struct Delivery {
    /// Whether a failure can be told by the record's id.
    queued: bool,
    id: String,
    attempt: u32,
    message: Option<String>,
}

fn delivery(record: &Value) -> Delivery {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let sns = &record["Sns"];
    if !sns.is_null() {
        let id = text(&sns["MessageId"]).unwrap_or_default();
        return Delivery { queued: false, id, attempt: 1, message: text(&sns["Message"]) };
    }
    let Some(id) = text(&record["messageId"]) else {
        return Delivery { queued: false, id: String::new(), attempt: 1, message: None };
    };
    let count = record["attributes"]["ApproximateReceiveCount"].as_str();
    let attempt = count.and_then(|count| count.parse().ok()).unwrap_or(1);
    Delivery { queued: true, id, attempt, message: text(&record["body"]).map(unwrapped) }
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
    let no_job = |error: serde_json::Error| format!("the message is no job: {error}");
    let mut fields: Map<String, Value> = serde_json::from_str(&message).map_err(no_job)?;
    let core = Core::deserialize(Value::Object(fields.clone())).map_err(no_job)?;
    fields.retain(|name, _| !CORE_FIELDS.contains(&name.as_str()));
    let own = T::deserialize(Value::Object(fields)).map_err(no_job)?;
    let Core { user_id, user_email, job_id, job_type, sleep_time } = core;
    let job = Job { user_id, user_email, job_id, job_type, sleep_time, own };
    Ok(Tick { job, id, attempt })
}
