//! The AWS emulator as a child process on a port of its own.
//!
//! It leads a process group, since the functions that it runs are processes too, and it holds the
//! read end of a pipe: when this process ends, however it ends, the whole group ends.

use super::{http, poll};
use crate::outcome::{Outcome, fail};
use crate::places;
use crate::tools::Tools;
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A running emulator; dropping it stops it and everything that it runs.
#[derive(Debug)]
pub struct Emulator {
    child: Child,
    endpoint: String,
    log: PathBuf,
    // Held for its end: everything that the emulator and its functions write goes with it.
    _data: TempDir,
}

impl Emulator {
    /// Starts one with nothing in it. Its log stays behind as `target/emulator/<name>.log`.
    ///
    /// # Errors
    /// An emulator that does not come up within a minute, with the end of its log.
    pub fn start(tools: &Tools, name: &str) -> Outcome<Self> {
        let logs = places::repository().join("target/emulator");
        fs::create_dir_all(&logs)?;
        let log = logs.join(format!("{name}.log"));
        let data = tempfile::tempdir()?;
        let port = free_port()?;
        let endpoint = format!("http://127.0.0.1:{port}");
        let mut command = command(tools, port, data.path())?;
        let out = File::create(&log)?;
        command.stdout(out.try_clone()?).stderr(out);
        let mut emulator = Self { child: command.spawn()?, endpoint, log, _data: data };
        emulator.wait_until_ready()?;
        Ok(emulator)
    }

    /// Where every AWS call goes.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What it and the functions wrote.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    fn wait_until_ready(&mut self) -> Outcome {
        let url = format!("{}/_ministack/ready", self.endpoint);
        let Self { child, log, .. } = self;
        poll::until_true("the emulator to be ready", Duration::from_secs(60), || {
            if let Some(status) = child.try_wait()? {
                let said = fs::read_to_string(&*log)?;
                return fail(format!("the emulator ended at once ({status}):\n{said}"));
            }
            let reply = http::get(&url);
            Ok(reply.is_ok_and(|reply| reply.body.contains("completed")))
        })
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Its own pid cannot be reused before `wait`; the group may already be gone.
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            kill_process_group(group, Signal::KILL).ok();
        }
        self.child.wait().ok();
    }
}

fn command(tools: &Tools, port: u16, data: &Path) -> Outcome<Command> {
    let mut command = Command::new(tools.program("python"));
    command
        .arg(places::repository().join("tests/emulator/start.py"))
        .env_clear()
        .env("PATH", tools.path()?)
        .env("PYTHONUNBUFFERED", "1")
        .env("AUTH", "true")
        .env("BIND_HOST", "127.0.0.1")
        .env("IOT_MTLS_ENABLED", "0")
        .env("GATEWAY_PORT", port.to_string())
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
        .env("HOME", data)
        .env("TMPDIR", data)
        .env("EMULATOR_DATA", data)
        .env("S3_DATA_DIR", data.join("s3"))
        .env("STATE_DIR", data.join("state"))
        .process_group(0)
        .stdin(Stdio::piped());
    Ok(command)
}

fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
