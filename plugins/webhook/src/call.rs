//! One run of a job.
//!
//! In: a tick. Out: one request, and an error that has the tick delivered again where the answer is
//! not the expected one.
//!
//! A call that may succeed later (no connection, no answer in time, an unexpected status) fails
//! each time, until the queue gives it up into the dead-letter queue: unlike a page, which the next
//! tick looks at as well, this call would be lost. One that cannot ever succeed (no address of the
//! web, one with a password in it, one that is not public) is logged once and done with: it is for
//! the job's owner to mend, not for whoever looks after the queue.
//!
//! A tick that is delivered again has the same `webhook-id`: a receiver that remembers it acts once.

use crate::answer::Answer;
use crate::error::CallError;
use crate::job::Call;
use crate::sign::{self, Keys};
use scheduler_plugin::web::Client;
use scheduler_plugin::web::reqwest::header::CONTENT_LENGTH;
use scheduler_plugin::web::reqwest::{Method, RequestBuilder, Url};
use scheduler_plugin::{Error, Tick, info, warn};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::time::{Instant, timeout_at};

/// What the plugin calls itself, unless a job's headers say otherwise.
pub const USER_AGENT: &str = concat!("scheduler-webhook/", env!("CARGO_PKG_VERSION"));

/// Makes calls.
#[derive(Debug)]
pub struct Caller {
    client: Client,
    keys: Option<Keys>,
}

impl Caller {
    /// Calls through `client`, and signs with `keys` where there are some.
    #[must_use]
    pub fn new(client: Client, keys: Option<Keys>) -> Self {
        Self { client, keys }
    }

    /// Calls the job's URL once.
    ///
    /// # Errors
    /// The call did not get what the job expects, and may get it later.
    pub async fn call(&self, tick: &Tick<Call>) -> Result<(), Error> {
        match self.made(tick).await {
            Err(error) if error.may_pass() => Err(error.into()),
            Err(error) => {
                let reason = error.to_string();
                warn("not called", &[("job", &tick.job.key()), ("reason", &reason)]);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    async fn made(&self, tick: &Tick<Call>) -> Result<(), CallError> {
        let call = &tick.job.own;
        let within = call.timeout_seconds.duration();
        let deadline = Instant::now() + within;
        let url = address(&call.url)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let asked = timeout_at(deadline, self.request(tick, url)?.send()).await;
        let response = asked.map_err(|_| CallError::TooSlow(within.as_secs()))??;
        let answer = Answer::read(response, deadline).await;
        note(tick, &host, &answer);
        match call.expected_status.holds(answer.status) {
            true => Ok(()),
            false => Err(CallError::Status(answer.status)),
        }
    }

    fn request(&self, tick: &Tick<Call>, url: Url) -> Result<RequestBuilder, CallError> {
        let call = &tick.job.own;
        let (id, now) = (sign::id(&tick.idempotency_key()), seconds_since_1970());
        let request = self
            .client
            .request(call.method.into(), url)?
            .headers(call.headers.map().clone())
            .header("webhook-id", &id)
            .header("webhook-timestamp", now);
        let body = call.body.text();
        let request = match &self.keys {
            Some(keys) => request.header("webhook-signature", keys.sign(&id, now, body)),
            None => request,
        };
        Ok(match body.is_empty() {
            false => request.body(body.to_owned()),
            // Many a server waits for a body, or answers 411, where nothing says that none comes.
            true if call.method.has_body() => request.header(CONTENT_LENGTH, 0),
            true => request,
        })
    }
}

/// A user and a password in an address would become a header that is not the job's own, and so
/// could be told as one.
fn address(written: &str) -> Result<Url, CallError> {
    let url = Url::parse(written).map_err(|_| CallError::Address)?;
    match url.username().is_empty() && url.password().is_none() {
        true => Ok(url),
        false => Err(CallError::Credentials),
    }
}

/// The host alone: the rest of an address is a password to many a service.
fn note(tick: &Tick<Call>, host: &str, answer: &Answer) {
    let call = &tick.job.own;
    let (job, method) = (tick.job.key(), Method::from(call.method));
    let (status, answered) = (answer.status.to_string(), answer.shown(call));
    let fields = [
        ("job", &*job),
        ("host", host),
        ("method", method.as_str()),
        ("status", &status),
        ("answer", answered),
    ];
    match call.expected_status.holds(answer.status) {
        true => info("called", &fields),
        false => warn("unexpected status", &fields),
    }
}

fn seconds_since_1970() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
