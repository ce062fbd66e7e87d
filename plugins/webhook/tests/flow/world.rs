//! The program, its host, and what it calls.

use crate::hooks::Hooks;
use crate::http::{Reply, Request, Server, serve};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);
const TIMEOUT_MS: u128 = 30_000;

pub(crate) struct World {
    pub(crate) hooks: Hooks,
    dir: TempDir,
    desk: Arc<Mutex<Desk>>,
    answers: Receiver<Result<Value, Value>>,
    _host: Server,
    child: Child,
}

/// What the host has for the program.
#[derive(Default)]
struct Desk {
    closed: bool,
    event: Option<Value>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// A world in which some variables are others.
    pub(crate) fn with(environment: &[(&str, &str)]) -> Self {
        let desk = Arc::new(Mutex::new(Desk::default()));
        let (told, answers) = channel();
        let host = host(Arc::clone(&desk), told);
        let dir = tempfile::tempdir().unwrap();
        let log = File::create(log_path(dir.path())).unwrap();
        let child = program(&host.address.to_string(), environment).stderr(log).spawn().unwrap();
        Self { hooks: Hooks::new(), dir, desk, answers, _host: host, child }
    }

    /// What the program answers to an event; `Err` where the invocation failed.
    pub(crate) fn invoke(&self, event: Value) -> Result<Value, Value> {
        self.desk.lock().unwrap().event = Some(event);
        self.answers.recv_timeout(PATIENCE).expect("the program answers")
    }

    /// Delivers ticks through a queue, `(message id, job)`; answers the ids that failed.
    pub(crate) fn deliver(&self, ticks: &[(&str, Value)]) -> Vec<String> {
        let record = |(id, job): &(&str, Value)| {
            json!({"messageId": id, "body": job.to_string(), "eventSource": "aws:sqs",
                "attributes": {"ApproximateReceiveCount": "1"}})
        };
        let records: Vec<_> = ticks.iter().map(record).collect();
        let answer = self.invoke(json!({"Records": records})).expect("the batch is answered");
        let failures = answer["batchItemFailures"].as_array().unwrap();
        failures.iter().map(|f| f["itemIdentifier"].as_str().unwrap().to_owned()).collect()
    }

    /// One tick of a job with these own fields; answers whether it succeeded.
    pub(crate) fn tick(&self, fields: Value) -> bool {
        self.deliver(&[("m", job(fields))]).is_empty()
    }

    /// One tick of a job that calls `path` and has these own fields besides.
    pub(crate) fn call(&self, path: &str, fields: Value) -> bool {
        let mut fields = fields;
        fields["url"] = json!(self.hooks.url(path));
        self.tick(fields)
    }

    /// All that the program has logged, once `words` are in it.
    pub(crate) fn logged(&self, words: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = fs::read_to_string(log_path(self.dir.path())).unwrap();
            if log.contains(words) {
                return log;
            }
            assert!(Instant::now() < deadline, "`{words}` is not in the log:\n{log}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.desk.lock().unwrap().closed = true;
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The built program, with nothing of this process's environment.
pub(crate) fn program(host: &str, environment: &[(&str, &str)]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_webhook"));
    program
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", host)
        .env("AWS_LAMBDA_FUNCTION_NAME", "webhook")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("ALLOW_LOOPBACK", "true")
        .envs(environment.iter().copied());
    program
}

/// A tick's message: the core's fields, and these.
pub(crate) fn job(fields: Value) -> Value {
    let mut job = json!({"user_id": "u", "user_email": "reader@example.com", "job_id": 1,
        "job_type": "webhook_job", "sleep_time": 60, "rev": 4});
    job.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    job
}

fn log_path(dir: &Path) -> PathBuf {
    dir.join("log")
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
        let body = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let failed = request.path.ends_with("/error");
        let _ = told.send(if failed { Err(body) } else { Ok(body) });
        Reply::whole(202, &[], b"{}")
    })
}

/// The next event; `None` once the program is gone.
fn wait(desk: &Mutex<Desk>) -> Option<Value> {
    loop {
        let mut now = desk.lock().unwrap();
        if now.closed {
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
