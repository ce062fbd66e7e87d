//! One consumer, running.

use super::cloud;
use super::host::{Host, Outcome};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Long enough for anything that works on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const PYTHON_LOOP: &str = include_str!("../../../../../cli/src/local/consumers/shim.py");
const NODE_LOOP: &str = include_str!("../../../../../cli/src/local/consumers/shim.mjs");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// This crate.
    Crate,
    /// The one file over `lambda_runtime`.
    File,
    Python,
    Node,
}

/// What became of one event.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) outcome: Outcome,
    /// The log: every line of stderr that is a JSON object.
    pub(crate) log: Vec<Value>,
}

pub(crate) struct Program {
    child: Child,
    host: Host,
    /// What the process sees as its folder; `state` and `outbox` lie beside it.
    dir: TempDir,
    read: usize,
}

impl Language {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Crate, Self::File, Self::Python, Self::Node];
    /// The helpers of one file: the same words in each.
    pub(crate) const FILES: [Self; 3] = [Self::File, Self::Python, Self::Node];

    /// The program that does what each job says.
    pub(crate) async fn probe(self) -> Program {
        self.start(&[], &[]).await
    }

    /// The same with other files in its folder, or over its own, and variables.
    pub(crate) async fn start(
        self,
        files: &[(&str, &Path)],
        variables: &[(&str, &str)],
    ) -> Program {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        for (name, from) in self.files().iter().map(|(name, from)| (*name, here(from))) {
            copy(&from, &root.join(name));
        }
        for (name, from) in files {
            copy(from, &root.join(name));
        }
        let host = Host::start().await;
        let mut command = self.command();
        environment(&mut command, dir.path(), &host);
        if matches!(self, Self::Crate | Self::File) {
            // These bring an SDK of their own; the scripts find a model of one.
            let aws = cloud::start(dir.path().join("aws")).await;
            command.env("AWS_ENDPOINT_URL", format!("http://{aws}")).env("AWS_REGION", "eu-west-1");
            command.env("AWS_ACCESS_KEY_ID", "key").env("AWS_SECRET_ACCESS_KEY", "secret");
        }
        command.envs(variables.iter().copied());
        let log = File::create(dir.path().join("log")).unwrap();
        let child = command.stdin(Stdio::null()).stderr(log).spawn().unwrap();
        Program { child, host, dir, read: 0 }
    }

    fn files(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Crate | Self::File => &[],
            Self::Python => &[
                ("handler.py", "tests/languages/programs/python/handler.py"),
                ("scheduler_plugin.py", "python/scheduler_plugin.py"),
            ],
            Self::Node => &[
                ("handler.mjs", "tests/languages/programs/node/handler.mjs"),
                ("scheduler-plugin.mjs", "node/scheduler-plugin.mjs"),
            ],
        }
    }

    fn command(self) -> Command {
        let (program, arguments): (_, &[&str]) = match self {
            Self::Crate => (env!("CARGO_BIN_EXE_plugin-probe-crate"), &[]),
            Self::File => (env!("CARGO_BIN_EXE_plugin-probe-file"), &[]),
            Self::Python => ("python3", &["-c", PYTHON_LOOP]),
            Self::Node => ("node", &["--input-type=module", "-e", NODE_LOOP]),
        };
        let mut command = Command::new(program);
        command.args(arguments);
        command
    }
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
}

fn environment(command: &mut Command, dir: &Path, host: &Host) {
    let kept = ["PATH", "HOME"].map(|name| (name, std::env::var(name).unwrap()));
    let url = |name: &str| format!("file://{}/{name}", dir.display());
    command.env_clear().envs(kept).env("_HANDLER", "handler.handle");
    command.env("LAMBDA_TASK_ROOT", dir.join("root"));
    command.env("AWS_LAMBDA_RUNTIME_API", host.address.to_string());
    command.env("STATE_URL", url("state")).env("MAIL_URL", url("outbox"));
    command.env("SOURCE_EMAIL", "plugin@example.com").env("FAKE_AWS", dir.join("aws"));
    for (name, value) in [
        ("FUNCTION_NAME", "probe"),
        ("FUNCTION_VERSION", "$LATEST"),
        ("FUNCTION_MEMORY_SIZE", "256"),
        ("LOG_GROUP_NAME", "/aws/lambda/probe"),
        ("LOG_STREAM_NAME", "here"),
    ] {
        command.env(format!("AWS_LAMBDA_{name}"), value);
    }
}

impl Program {
    pub(crate) async fn invoke(&mut self, event: &Value) -> Run {
        self.invoke_within(event, PATIENCE).await
    }

    /// With this much time for the function.
    pub(crate) async fn invoke_within(&mut self, event: &Value, within: Duration) -> Run {
        let outcome = tokio::time::timeout(PATIENCE, self.host.invoke(event, within)).await;
        let log = fs::read_to_string(self.path("log")).unwrap();
        let new = &log[self.read..];
        self.read = log.len();
        let outcome = outcome.unwrap_or_else(|_| panic!("no answer in time; the log: {new}"));
        let lines = new.lines().filter(|line| line.starts_with('{'));
        let log = lines.map(|line| serde_json::from_str(line).expect(line)).collect();
        Run { outcome, log }
    }

    /// Hands one job over, which must work; answers the log.
    pub(crate) async fn work(&mut self, job: &Value) -> Vec<Value> {
        let record = json!({"messageId": "m1", "body": job.to_string()});
        let run = self.invoke(&json!({ "Records": [record] })).await;
        assert_eq!(run.outcome, Ok(json!({"batchItemFailures": []})), "{:?}", run.log);
        run.log
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
