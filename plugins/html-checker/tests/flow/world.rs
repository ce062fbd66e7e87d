//! The program, its host, its folders.

use crate::http::{Reply, Request, Server, serve};
use crate::site::Site;
use mailparse::{ParsedMail, parse_mail};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);
const TIMEOUT_MS: u128 = 30_000;

pub(crate) struct World {
    pub(crate) site: Site,
    pub(crate) dir: TempDir,
    environment: Vec<(&'static str, String)>,
    desk: Arc<Mutex<Desk>>,
    answers: Receiver<Result<Value, Value>>,
    host: Server,
    child: Option<Child>,
}

/// What the host has for the program. An event goes to the program that runs now, never to a
/// connection that an earlier one left behind.
#[derive(Default)]
struct Desk {
    program: usize,
    event: Option<Value>,
}

pub(crate) struct Mail {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// A world in which some variables are others.
    pub(crate) fn with(environment: &[(&'static str, &str)]) -> Self {
        let desk = Arc::new(Mutex::new(Desk::default()));
        let (told, answers) = channel();
        let mut world = Self {
            site: Site::new(),
            dir: tempfile::tempdir().unwrap(),
            environment: environment.iter().map(|(k, v)| (*k, (*v).to_owned())).collect(),
            answers,
            host: host(Arc::clone(&desk), told),
            desk,
            child: None,
        };
        world.start();
        world
    }

    pub(crate) fn outbox(&self) -> PathBuf {
        self.dir.path().join("outbox")
    }

    pub(crate) fn state(&self, key: &str) -> Value {
        let text = fs::read_to_string(self.state_path(key)).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) fn has_state(&self, key: &str) -> bool {
        self.state_path(key).exists()
    }

    pub(crate) fn state_path(&self, key: &str) -> PathBuf {
        self.dir.path().join("state").join(key)
    }

    /// Lets a memory look as if it had been written a while ago.
    pub(crate) fn age_state(&self, key: &str, by: Duration) {
        let file = File::options().write(true).open(self.state_path(key)).unwrap();
        file.set_modified(SystemTime::now() - by).unwrap();
    }

    fn start(&mut self) {
        let url = |name: &str| format!("file://{}", self.dir.path().join(name).display());
        let log = File::options().create(true).append(true).open(self.log_path()).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_html-checker"))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", self.host.address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "html-checker")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("STATE_URL", url("state"))
            .env("MAIL_URL", url("outbox"))
            .env("SOURCE_EMAIL", "monitor@example.com")
            .env("ALLOW_LOOPBACK", "true")
            .envs(self.environment.clone())
            .stderr(log)
            .spawn();
        self.child = Some(child.unwrap());
    }

    fn stop(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        self.desk.lock().unwrap().program += 1;
    }

    /// Kills the program while it waits, and starts another.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.start();
    }

    /// What the program answers to an event; `Err` where the invocation failed.
    pub(crate) fn invoke(&self, event: Value) -> Result<Value, Value> {
        self.desk.lock().unwrap().event = Some(event);
        self.answers.recv_timeout(PATIENCE).expect("the program answers")
    }

    /// Delivers ticks through a queue, `(message id, attempt, job)`; answers the ids that failed.
    pub(crate) fn deliver(&self, ticks: &[(&str, u32, Value)]) -> Vec<String> {
        let record = |(id, attempt, job): &(&str, u32, Value)| {
            json!({"messageId": id, "body": job.to_string(), "eventSource": "aws:sqs",
                "attributes": {"ApproximateReceiveCount": attempt.to_string()}})
        };
        let records: Vec<_> = ticks.iter().map(record).collect();
        let answer = self.invoke(json!({"Records": records})).expect("the batch is answered");
        let failures = answer["batchItemFailures"].as_array().unwrap();
        failures.iter().map(|f| f["itemIdentifier"].as_str().unwrap().to_owned()).collect()
    }

    /// One tick of job `u-1` that watches `path`; answers whether it succeeded.
    pub(crate) fn tick(&self, id: &str, path: &str) -> bool {
        self.deliver(&[(id, 1, job(&self.site.url(path)))]).is_empty()
    }

    fn log_path(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    /// Waits until the program has logged `words`.
    pub(crate) fn logged(&self, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = fs::read_to_string(self.log_path()).unwrap();
            if log.contains(words) {
                return;
            }
            assert!(Instant::now() < deadline, "`{words}` is not in the log:\n{log}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    pub(crate) fn mails(&self) -> Vec<Mail> {
        let Ok(entries) = fs::read_dir(self.outbox()) else {
            return Vec::new();
        };
        let paths = entries.map(|entry| entry.unwrap().path());
        let mails = paths.filter(|path| path.extension().is_some_and(|e| e == "eml"));
        mails.map(|path| mail(&fs::read(path).unwrap())).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop();
    }
}

pub(crate) fn job(url: &str) -> Value {
    json!({"user_id": "u", "user_email": "reader@example.com", "job_id": 1,
        "job_type": "html_monitor_job", "sleep_time": 60, "rev": 4, "make_screenshots": false,
        "url": url})
}

pub(crate) fn mail(bytes: &[u8]) -> Mail {
    let parsed = parse_mail(bytes).unwrap();
    let header = |name: &str| {
        let found = parsed.headers.iter().find(|h| h.get_key().eq_ignore_ascii_case(name));
        found.unwrap().get_value()
    };
    let part = |kind: &str| {
        let is = |p: &&ParsedMail<'_>| p.ctype.mimetype == kind;
        parsed.subparts.iter().find(is).unwrap().get_body().unwrap().replace("\r\n", "\n")
    };
    Mail {
        to: header("To"),
        subject: header("Subject"),
        text: part("text/plain"),
        html: part("text/html"),
    }
}

/// The Lambda Runtime API.
fn host(desk: Arc<Mutex<Desk>>, told: Sender<Result<Value, Value>>) -> Server {
    serve(move |request: Request| {
        if request.method == "GET" {
            return match wait(&desk) {
                Some(event) => next(&event),
                None => Reply::whole(410, &[], b""),
            };
        }
        let body = serde_json::from_str(&request.body).unwrap_or(Value::Null);
        let failed = request.path.ends_with("/error");
        let _ = told.send(if failed { Err(body) } else { Ok(body) });
        Reply::whole(202, &[], b"{}")
    })
}

/// The next event for the program that asks; `None` once that program is gone.
fn wait(desk: &Mutex<Desk>) -> Option<Value> {
    let asking = desk.lock().unwrap().program;
    loop {
        let mut now = desk.lock().unwrap();
        if now.program != asking {
            return None;
        }
        if let Some(event) = now.event.take() {
            return Some(event);
        }
        drop(now);
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn next(event: &Value) -> Reply {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let deadline = (now + TIMEOUT_MS).to_string();
    let headers = [
        ("lambda-runtime-aws-request-id", "1"),
        ("lambda-runtime-deadline-ms", &*deadline),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:1:function:f"),
        ("lambda-runtime-trace-id", "Root=1"),
    ];
    Reply::whole(200, &headers, event.to_string().as_bytes())
}
