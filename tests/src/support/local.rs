//! `scheduler local` as a child process.

use super::api::Api;
use super::poll;
use super::scheduler::Scheduler;
use crate::outcome::{Outcome, ensure, fail};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// A running server; dropping it kills it.
#[derive(Debug)]
pub struct Local {
    child: Child,
    said: Arc<Mutex<String>>,
    /// Its API; nobody is asked for a token.
    pub api: Api,
    /// What it told at its start.
    pub told: Value,
}

impl Local {
    /// Starts it on a free port and waits until it serves.
    ///
    /// # Errors
    /// A server that ends before it serves, with what it said.
    pub fn start(scheduler: &Scheduler, arguments: &[&str]) -> Outcome<Self> {
        let mut child = started(command(scheduler, arguments)?)?;
        let said = collected(&mut child);
        Self::of(child, said)
    }

    /// The same with nobody who reads what it says.
    ///
    /// # Errors
    /// As of `start`.
    pub fn unheard(scheduler: &Scheduler, arguments: &[&str]) -> Outcome<Self> {
        Self::of(started(command(scheduler, arguments)?)?, Arc::default())
    }

    /// The same with a server that [`Local::fill_the_disk`] does not kill.
    ///
    /// # Errors
    /// As of `start`.
    pub fn on_a_small_disk(scheduler: &Scheduler, arguments: &[&str]) -> Outcome<Self> {
        let inner = command(scheduler, arguments)?;
        let mut outer = Command::new("sh");
        outer.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
        outer.arg(inner.get_program()).args(inner.get_args());
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => outer.env(name, value),
                None => outer.env_remove(name),
            };
        }
        let mut child = started(outer)?;
        let said = collected(&mut child);
        Self::of(child, said)
    }

    fn of(mut child: Child, said: Arc<Mutex<String>>) -> Outcome<Self> {
        let told = child.stdout.take().map_or_else(|| fail("no stdout"), first_value);
        match told {
            Ok(told) if told["api"].is_string() => {
                let api = Api::at(told["api"].as_str().unwrap_or_default());
                Ok(Self { child, said, api, told })
            }
            _ => {
                let status = child.wait()?;
                fail(format!("the server ended with {status}:\n{}", text(&said)))
            }
        }
    }

    /// Everything on stderr so far.
    #[must_use]
    pub fn said(&self) -> String {
        text(&self.said)
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A folder that it told of, such as `outbox`.
    #[must_use]
    pub fn folder(&self, name: &str) -> PathBuf {
        PathBuf::from(self.told[name].as_str().unwrap_or_default())
    }

    /// As Ctrl-C does; waits for its end.
    ///
    /// # Errors
    /// Another exit code than 0.
    pub fn stop(self) -> Outcome {
        self.end(rustix::process::Signal::INT)
    }

    /// From now on no file takes another byte.
    ///
    /// # Errors
    /// A process that is not there.
    pub fn fill_the_disk(&self) -> Outcome {
        let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.child.id())?);
        rustix::process::prlimit(pid, rustix::process::Resource::Fsize, none)?;
        Ok(())
    }

    /// Ends it with a signal; waits for its end.
    ///
    /// # Errors
    /// Another exit code than 0.
    pub fn end(mut self, signal: rustix::process::Signal) -> Outcome {
        self.signal(signal)?;
        let mut ended = None;
        poll::until_true("the server to stop", Duration::from_secs(30), || {
            ended = self.child.try_wait()?;
            Ok(ended.is_some())
        })?;
        ensure(ended.is_some_and(|status| status.success()), || {
            format!("the server ended with {ended:?}:\n{}", self.said())
        })
    }

    /// As `kill -9` does, without waiting for the end.
    ///
    /// # Errors
    /// A process that is not there.
    pub fn strike(&self) -> Outcome {
        self.signal(rustix::process::Signal::KILL)
    }

    /// As `kill -9` does.
    ///
    /// # Errors
    /// A process that is not there.
    pub fn kill(mut self) -> Outcome {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    fn signal(&self, signal: rustix::process::Signal) -> Outcome {
        let pid = i32::try_from(self.child.id())?;
        let pid = rustix::process::Pid::from_raw(pid);
        match pid {
            Some(pid) => Ok(rustix::process::kill_process(pid, signal)?),
            None => fail("no process id"),
        }
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        // One that has ended already is no trouble.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Writes into a data folder's database with other tools than ours.
///
/// # Errors
/// What Python or SQLite says.
pub fn by_hand(data_dir: &Path, sql: &str) -> Outcome {
    let script = "import sqlite3, sys\n\
                  with sqlite3.connect(sys.argv[1]) as db: db.execute(sys.argv[2])";
    let file = data_dir.join("jobs.sqlite");
    let done = Command::new("python3").args(["-c", script]).arg(file).arg(sql).output()?;
    ensure(done.status.success(), || String::from_utf8_lossy(&done.stderr).into_owned())
}

fn command(scheduler: &Scheduler, arguments: &[&str]) -> Outcome<Command> {
    scheduler.command(&[&["local", "--port", "0", "--json"][..], arguments].concat())
}

fn started(mut command: Command) -> Outcome<Child> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Ok(command.spawn()?)
}

/// Reads stderr as it comes, so that the server never waits for a reader.
fn collected(child: &mut Child) -> Arc<Mutex<String>> {
    let said = Arc::new(Mutex::new(String::new()));
    if let Some(stderr) = child.stderr.take() {
        let said = Arc::clone(&said);
        thread::spawn(move || {
            for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
                said.push_str(&line);
                said.push('\n');
            }
        });
    }
    said
}

fn text(said: &Mutex<String>) -> String {
    said.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The first JSON value; what follows is read and dropped.
fn first_value(stdout: ChildStdout) -> Outcome<Value> {
    let mut reader = BufReader::new(stdout);
    let mut values = serde_json::Deserializer::from_reader(&mut reader).into_iter::<Value>();
    let first = values.next();
    drop(values);
    thread::spawn(move || {
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).ok();
    });
    match first {
        Some(value) => Ok(value?),
        None => fail("it printed nothing"),
    }
}
