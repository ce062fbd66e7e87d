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
//! `tick.idempotency_key()` tells. `state::get`, `put` and `delete` keep things between ticks,
//! `mail::send` sends; both work on AWS and on one machine. Crates: `lambda_runtime`, `serde`
//! (`derive`), `serde_json`, and `tokio` (`rt`, `time`); for the features `state` and `mail` those
//! that the plugin's `Cargo.toml` names under them.
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
    /// `<user_id>-<job_id>-<id>`: the same for every delivery of this message, and no other's. A
    /// tick that AWS publishes twice, or that is put back from the dead letters, is another message.
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

/// What a plugin remembers, under `STATE_URL`: a bucket's prefix, or a folder.
///
/// `plugin.toml` asks for it: `state = { expire_days = 30 }`. A key may hold any characters; it
/// never leads out. The last writer wins: where two ticks may write the same key at once, write
/// keys of their own.
#[cfg(feature = "state")]
pub mod state {
    use super::{Error, setting};
    use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
    use object_store::local::LocalFileSystem;
    use object_store::path::Path;
    use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig};
    use std::sync::OnceLock;
    use std::time::Duration;
    use url::Url;

    /// What the key holds, if anything.
    ///
    /// # Errors
    /// There is no such place, or it cannot be reached.
    pub async fn get(key: &str) -> Result<Option<Vec<u8>>, Error> {
        let (store, path) = stored(key)?;
        match store.get(&path).await {
            Ok(found) => Ok(Some(found.bytes().await?.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes the key, whole or not at all.
    ///
    /// # Errors
    /// There is no such place, or it cannot be written.
    pub async fn put(key: &str, value: impl Into<Vec<u8>>) -> Result<(), Error> {
        let (store, path) = stored(key)?;
        store.put(&path, value.into().into()).await?;
        Ok(())
    }

    /// Forgets the key, if it is there.
    ///
    /// # Errors
    /// There is no such place, or it cannot be written.
    pub async fn delete(key: &str) -> Result<(), Error> {
        let (store, path) = stored(key)?;
        match store.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    type Place = (Box<dyn ObjectStore>, Path);

    /// Where a key lies. The place is opened once: reading the trusted roots takes a while.
    fn stored(key: &str) -> Result<(&'static dyn ObjectStore, Path), Error> {
        static PLACE: OnceLock<Place> = OnceLock::new();
        if key.is_empty() {
            return Err("the key of a state is empty".into());
        }
        let (store, prefix) = match PLACE.get() {
            Some(place) => place,
            None => {
                let opened = open()?;
                PLACE.get_or_init(|| opened)
            }
        };
        Ok((store.as_ref(), prefix.clone().join(key)))
    }

    fn open() -> Result<Place, Error> {
        let url = setting("STATE_URL", "state")?;
        let bad = || format!("`STATE_URL` is `{url}`: neither `s3://...` nor `file:///...`");
        let place = Url::parse(&url).map_err(|_| bad())?;
        match (place.scheme(), place.host_str(), place.to_file_path()) {
            ("s3", Some(bucket), _) => Ok((s3(bucket)?, Path::from_url_path(place.path())?)),
            ("file", _, Ok(folder)) => {
                std::fs::create_dir_all(&folder)?;
                let store = LocalFileSystem::new_with_prefix(folder)?;
                Ok((Box::new(store), Path::default()))
            }
            _ => Err(bad().into()),
        }
    }

    fn s3(bucket: &str) -> Result<Box<dyn ObjectStore>, Error> {
        // `Err` says that a provider is there already: the author's choice stands.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let plain = std::env::var("AWS_ENDPOINT_URL").is_ok_and(|url| url.starts_with("http://"));
        let client = ClientOptions::new().with_timeout(Duration::from_secs(5));
        let retry = RetryConfig { max_retries: 3, ..RetryConfig::default() };
        let retry = RetryConfig { retry_timeout: Duration::from_secs(12), ..retry };
        let store = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_config(AmazonS3ConfigKey::DisableBulkDelete, "true")
            .with_client_options(client.with_allow_http(plain))
            .with_retry(retry);
        Ok(Box::new(store.build()?))
    }
}

/// Mail, from `SOURCE_EMAIL` by the way that `MAIL_URL` names: SES, or a folder.
///
/// `plugin.toml` asks for it: `mail = { from = "me@example.com" }`.
#[cfg(feature = "mail")]
pub mod mail {
    use super::{Error, setting};
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_sdk_sesv2::Client;
    use aws_sdk_sesv2::config::{BehaviorVersion, Builder, Region};
    use aws_sdk_sesv2::error::{DisplayErrorContext, ProvideErrorMetadata};
    use aws_sdk_sesv2::primitives::Blob;
    use aws_sdk_sesv2::types::{Destination, EmailContent, RawMessage};
    use aws_smithy_http_client::tls::Provider;
    use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
    use lettre::message::header::{ContentType, MIME_VERSION_1_0};
    use lettre::message::{Mailbox, MultiPart};
    use lettre::{FileTransport, Message, Transport};
    use std::collections::hash_map::RandomState;
    use std::env::var;
    use std::fmt::{self, Write};
    use std::hash::{BuildHasher, Hasher};
    use std::path::Path;
    use std::sync::OnceLock;
    use url::Url;

    /// One message to one reader.
    #[derive(Debug, Clone, Copy, Default)]
    pub struct Mail<'a> {
        /// The reader's address.
        pub to: &'a str,
        /// One line.
        pub subject: &'a str,
        /// For readers that show no HTML.
        pub text: &'a str,
        /// The same as HTML. What stands in it from outside is escaped by who writes it.
        pub html: Option<&'a str>,
        /// The same for every try to send this very mail, such as the tick's
        /// `idempotency_key()`: it becomes the `Message-ID`, and in a folder the file's name, so
        /// that a second try puts the mail in the place of the first. Without one, every try is a
        /// new mail.
        pub key: Option<&'a str>,
    }

    /// The mail is longer than SES takes: a shorter one may go. `error.is::<mail::TooLong>()`
    /// tells.
    #[derive(Debug)]
    pub struct TooLong(String);

    impl fmt::Display for TooLong {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "the mail is too long: {}", self.0)
        }
    }

    impl std::error::Error for TooLong {}

    /// Sends one mail.
    ///
    /// # Errors
    /// [`TooLong`]; or the environment names no way, an address is none, the way refuses.
    pub async fn send(mail: Mail<'_>) -> Result<(), Error> {
        let url = setting("MAIL_URL", "mail")?;
        let token = mail.key.map_or_else(unique, token);
        let message = message(&mail, &token)?;
        let bad = || format!("`MAIL_URL` is `{url}`: neither `ses://...` nor `file:///...`");
        let place = Url::parse(&url).map_err(|_| bad())?;
        match (place.scheme(), place.host_str(), place.to_file_path()) {
            ("ses", Some(region), _) => by_ses(region, &message).await,
            ("file", _, Ok(folder)) => into_folder(&folder, &message, &token),
            _ => Err(bad().into()),
        }
    }

    fn message(mail: &Mail<'_>, token: &str) -> Result<Message, Error> {
        let from = mailbox(&setting("SOURCE_EMAIL", "mail")?)?;
        let id = format!("<{token}@{}>", from.email.domain());
        let subject = mail.subject.split_whitespace().collect::<Vec<_>>().join(" ");
        let builder = Message::builder().from(from).to(mailbox(mail.to)?).subject(subject);
        let (builder, text) = (builder.message_id(Some(id)).date_now(), mail.text.to_owned());
        Ok(match mail.html {
            Some(html) => {
                builder.multipart(MultiPart::alternative_plain_html(text, html.to_owned()))?
            }
            None => builder.header(MIME_VERSION_1_0).header(ContentType::TEXT_PLAIN).body(text)?,
        })
    }

    fn mailbox(address: &str) -> Result<Mailbox, Error> {
        let parsed = address.parse();
        let parsed = parsed.map_err(|why| format!("`{address}` is no e-mail address: {why}"))?;
        Ok(Mailbox::new(None, parsed))
    }

    /// The key with what an id and a file's name may hold; two keys stay two.
    fn token(key: &str) -> String {
        key.bytes().fold(String::new(), |mut out, byte| {
            if byte.is_ascii_alphanumeric() || byte == b'-' {
                out.push(char::from(byte));
            } else {
                let _ = write!(out, "_{byte:02x}");
            }
            out
        })
    }

    fn unique() -> String {
        let part = || RandomState::new().build_hasher().finish();
        format!("{:016x}{:016x}", part(), part())
    }

    /// The file appears whole or not at all: it is written aside and moved.
    fn into_folder(folder: &Path, message: &Message, token: &str) -> Result<(), Error> {
        let aside = folder.join(".writing");
        std::fs::create_dir_all(&aside)?;
        let id = FileTransport::new(&aside).send(message)?;
        let name = token.get(..200).unwrap_or(token);
        std::fs::rename(aside.join(format!("{id}.eml")), folder.join(format!("{name}.eml")))?;
        Ok(())
    }

    async fn by_ses(region: &str, message: &Message) -> Result<(), Error> {
        static CLIENT: OnceLock<Client> = OnceLock::new();
        let client = CLIENT.get_or_init(|| connect(region));
        let envelope = message.envelope();
        let to = envelope.to().iter().map(ToString::to_string).collect();
        let raw = RawMessage::builder().data(Blob::new(message.formatted())).build()?;
        let sent = client
            .send_email()
            .set_from_email_address(envelope.from().map(ToString::to_string))
            .destination(Destination::builder().set_to_addresses(Some(to)).build())
            .content(EmailContent::builder().raw(raw).build())
            .send()
            .await;
        let Err(error) = sent else { return Ok(()) };
        let said = error.message().unwrap_or_default();
        // SES has no code of its own for it, only words.
        let words = ["message length", "too long", "too large", "length less than", "maximum size"];
        if words.iter().any(|words| said.to_lowercase().contains(words)) {
            return Err(TooLong(said.to_owned()).into());
        }
        Err(format!("the mail was not sent: {}", DisplayErrorContext(&error)).into())
    }

    /// Lambda hands a function its role's credentials in the environment; there is no other chain.
    fn connect(region: &str) -> Client {
        let key = var("AWS_ACCESS_KEY_ID").ok().zip(var("AWS_SECRET_ACCESS_KEY").ok());
        let token = var("AWS_SESSION_TOKEN").ok();
        let credentials = key.map(|(key, secret)| {
            SharedCredentialsProvider::new(Credentials::new(
                key,
                secret,
                token,
                None,
                "environment",
            ))
        });
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let mut config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .http_client(http);
        config.set_credentials_provider(credentials);
        if let Ok(url) = var("AWS_ENDPOINT_URL") {
            config = config.endpoint_url(url);
        }
        Client::from_conf(config.build())
    }
}

#[cfg(any(feature = "state", feature = "mail"))]
fn setting(name: &str, table: &str) -> Result<String, Error> {
    std::env::var(name)
        .map_err(|_| format!("`{name}` is not set: `plugin.toml` asks for no `{table}`").into())
}
