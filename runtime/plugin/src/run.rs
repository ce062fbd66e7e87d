//! The entry point: from `main` to the Lambda Runtime API and back.

use crate::batch::Batch;
use crate::tick::Tick;
use lambda_runtime::{Context, LambdaEvent, service_fn};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt::Display;
use std::future::Future;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Whatever went wrong.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Kept back of the function's time, to answer in.
const TO_ANSWER: Duration = Duration::from_millis(500);

/// Runs `handler` for every tick until Lambda (or the local host) stops the process. All of it on
/// one thread: a function waits far more than it computes.
///
/// # Errors
/// The process was not started behind a Lambda Runtime API, or lost it.
pub fn run<T, H, F, E>(handler: H) -> Result<(), Error>
where
    T: DeserializeOwned,
    H: Fn(Tick<T>) -> F,
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(handler))
}

/// [`run`] for a `main` that has a runtime of its own.
///
/// # Errors
/// As [`run`].
pub async fn serve<T, H, F, E>(handler: H) -> Result<(), Error>
where
    T: DeserializeOwned,
    H: Fn(Tick<T>) -> F,
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return Err("this program is a Lambda function: `AWS_LAMBDA_RUNTIME_API` is not set".into());
    }
    let handler = &handler;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        let within = time_left(&event.context);
        let batch = Batch { event: &event.payload, within };
        batch.handle(handler).await.map_err(Error::from)
    }))
    .await
}

fn time_left(context: &Context) -> Option<Duration> {
    let deadline = Duration::from_millis(context.deadline);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    // A host that gives no deadline is not one that has passed.
    Some(deadline.checked_sub(now)?.saturating_sub(TO_ANSWER))
}
