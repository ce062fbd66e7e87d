//! One child process: started, spoken to, watched, and ended with all that it started.

use super::answer::{Answer, Raised};
use super::api::{self, Door, Event};
use super::invocation::InvokeError;
use super::launch::{self, Launch};
use super::memory;
use super::output::{self, Capture};
use super::pool::Hook;
use super::spawn;
use super::spec::Spec;
use axum::body::Bytes;
use axum::serve::ListenerExt;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io;
use std::net::Ipv4Addr;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// How often the memory is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// A run that ends sooner after the last look is not looked at once more: `ps` takes its time, and
/// `/proc` none.
const UNCHANGED: Duration = if cfg!(target_os = "linux") { Duration::ZERO } else { LOOK };

/// What `scheduler __child` says where there is no program to become.
pub const CANNOT_START: &str = "cannot start ";

/// A child process. It ends when this is dropped.
pub(super) struct Child {
    pid: u32,
    door: Door,
    capture: Arc<Capture>,
    ended: watch::Receiver<Option<ExitStatus>>,
    memory_seen: Option<(Instant, u32)>,
    /// When its last run ended.
    done: Instant,
    /// Dropped: the child is killed.
    _kill: oneshot::Sender<()>,
    tasks: [JoinHandle<()>; 2],
}

/// What a child is started from.
pub(super) struct Nursery<'a> {
    pub(super) spec: &'a Spec,
    pub(super) launch: &'a Launch,
    /// The `scheduler` binary.
    pub(super) program: &'a Path,
    pub(super) hook: Hook,
    /// How many children there are; counted up and down.
    pub(super) living: watch::Sender<usize>,
}

/// An event for a child.
pub(super) struct Request {
    pub(super) request_id: String,
    pub(super) arn: String,
    pub(super) payload: Bytes,
    pub(super) timeout: Duration,
    pub(super) limit_mb: u32,
}

/// How a run ended.
pub(super) enum Ended {
    /// With an answer; the child lives.
    Answered(Result<Bytes, InvokeError>),
    /// In a way that the child does not survive.
    Lost(InvokeError),
    /// The child was gone before it saw the event: another one may have it.
    Unseen(InvokeError),
}

impl Nursery<'_> {
    /// Starts a child, which then loads its code.
    pub(super) async fn start(&self) -> io::Result<Child> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?.to_string();
        let (routes, door) = api::open(&address);
        let environment = launch::environment(self.spec, &address);
        let (capture, writer) = output::pipe(self.hook.clone())?;
        let mut command = Command::new(self.program);
        command
            .args(["__child", "--parent", &std::process::id().to_string(), "--"])
            .arg(&self.launch.program)
            .args(&self.launch.arguments)
            .current_dir(&self.spec.dir)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .process_group(0)
            .kill_on_drop(true);
        let process = spawn::spawn(self.program, command).await?;
        let pid = process.id().ok_or_else(|| io::Error::other("the process has no id"))?;
        let (kill, killed) = oneshot::channel();
        let (status, ended) = watch::channel(None);
        tokio::spawn(keep(process, Group::of(pid, &self.living), killed, status));
        let capture = Arc::new(capture);
        let reader = Arc::clone(&capture);
        let listener = listener.tap_io(|stream| {
            // Small answers must not wait for larger ones.
            let _ = stream.set_nodelay(true);
        });
        let tasks = [
            tokio::spawn(async move { reader.read().await }),
            tokio::spawn(async move {
                // It ends with the child.
                let _ = axum::serve(listener, routes).await;
            }),
        ];
        let (memory_seen, done) = (None, Instant::now());
        Ok(Child { pid, door, capture, ended, memory_seen, done, _kill: kill, tasks })
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Child {
    /// Whether the process is still there.
    pub(super) fn lives(&self) -> bool {
        self.ended.borrow().is_none()
    }

    /// Since its last run ended.
    pub(super) fn idle_for(&self) -> Duration {
        self.done.elapsed()
    }

    /// What it printed in this run.
    pub(super) fn output(&self) -> String {
        self.capture.take()
    }

    /// Another run begins.
    pub(super) fn forget_output(&self) {
        self.capture.forget();
    }

    /// The most memory that it was seen with.
    pub(super) fn peak_memory_mb(&self) -> Option<u32> {
        self.memory_seen.map(|(_, mb)| mb)
    }

    /// Waits until the child has loaded its code and asks for an event.
    pub(super) async fn ready(
        &mut self,
        within: Duration,
        limit_mb: u32,
    ) -> Result<(), InvokeError> {
        let Self { door, ended, memory_seen, pid, .. } = self;
        tokio::select! {
            biased;
            started = door.started() => started.map_err(Raised::of_init),
            status = exit(ended) => Err(init(format!(
                "its process ended before it asked for an event ({})", describe(status)
            ))),
            () = tokio::time::sleep(within) => Err(init(format!(
                "it did not ask for an event within {} seconds", within.as_secs_f64()
            ))),
            used_mb = outgrown(*pid, memory_seen, limit_mb) => {
                Err(InvokeError::OutOfMemory { limit_mb, used_mb })
            }
        }
    }

    /// Hands over the event and waits for what comes of it.
    pub(super) async fn run(&mut self, request: &Request) -> Ended {
        let (answer, answered) = oneshot::channel();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let offered = self.door.offer(Event {
            request_id: request.request_id.clone(),
            payload: request.payload.clone(),
            arn: request.arn.clone(),
            deadline: now + request.timeout,
            answer,
        });
        if !offered {
            let reason = "it does not take events any more".to_owned();
            return Ended::Unseen(InvokeError::Garbage { reason });
        }
        let Self { door, ended, memory_seen, pid, .. } = self;
        let outcome = tokio::select! {
            biased;
            answer = answered => match answer {
                Ok(Answer::Response(bytes)) => Ended::Answered(Ok(bytes)),
                Ok(Answer::Error(raised)) => Ended::Answered(Err(raised.of_handler())),
                Ok(Answer::Garbage(reason)) => Ended::Lost(InvokeError::Garbage { reason }),
                Err(_) => Ended::Lost(InvokeError::Stopped),
            },
            status = exit(ended) => {
                let error = InvokeError::Exited { status: describe(status) };
                if door.has_taken() { Ended::Lost(error) } else { Ended::Unseen(error) }
            }
            () = tokio::time::sleep(request.timeout) => {
                Ended::Lost(InvokeError::TimedOut { seconds: request.timeout.as_secs() })
            }
            used_mb = outgrown(*pid, memory_seen, request.limit_mb) => {
                Ended::Lost(InvokeError::OutOfMemory { limit_mb: request.limit_mb, used_mb })
            }
        };
        self.done = Instant::now();
        self.look_at_the_end(outcome, request.limit_mb).await
    }

    /// A run may be over before anybody looked at its memory.
    async fn look_at_the_end(&mut self, outcome: Ended, limit_mb: u32) -> Ended {
        let Ended::Answered(_) = &outcome else { return outcome };
        if self.memory_seen.is_some_and(|(at, _)| at.elapsed() < UNCHANGED) {
            return outcome;
        }
        match look(self.pid, &mut self.memory_seen).await {
            Some(used_mb) if used_mb > limit_mb => {
                Ended::Lost(InvokeError::OutOfMemory { limit_mb, used_mb })
            }
            _ => outcome,
        }
    }
}

/// Looks at the memory now and then, and ends when it is too much.
async fn outgrown(pid: u32, seen: &mut Option<(Instant, u32)>, limit_mb: u32) -> u32 {
    let mut looks = interval_at(Instant::now() + LOOK, LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        if let Some(used_mb) = look(pid, seen).await.filter(|used_mb| *used_mb > limit_mb) {
            return used_mb;
        }
    }
}

async fn look(pid: u32, seen: &mut Option<(Instant, u32)>) -> Option<u32> {
    let used_mb = memory::peak_mb(pid).await?;
    let peak = seen.map_or(used_mb, |(_, before)| before.max(used_mb));
    *seen = Some((Instant::now(), peak));
    Some(used_mb)
}

async fn exit(ended: &mut watch::Receiver<Option<ExitStatus>>) -> ExitStatus {
    match ended.wait_for(Option::is_some).await.as_deref() {
        Ok(Some(status)) => *status,
        // Whoever waits for the process is gone: the process is being killed.
        _ => ExitStatus::from_raw(Signal::KILL.as_raw()),
    }
}

fn init(message: String) -> InvokeError {
    InvokeError::Init { kind: String::new(), message, trace: Vec::new() }
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => status.to_string(),
    }
}

/// Waits for the process, or kills it, and everything that it started along with it.
async fn keep(
    mut process: tokio::process::Child,
    group: Group,
    killed: oneshot::Receiver<()>,
    ended: watch::Sender<Option<ExitStatus>>,
) {
    let status = tokio::select! {
        status = process.wait() => status,
        _ = killed => {
            group.kill();
            process.wait().await
        }
    };
    let unknown = ExitStatus::from_raw(Signal::KILL.as_raw());
    ended.send_replace(Some(status.unwrap_or(unknown)));
}

/// A child's process group: the child and what it started. It is killed when this is dropped.
struct Group {
    leader: Option<Pid>,
    living: watch::Sender<usize>,
}

impl Group {
    fn of(pid: u32, living: &watch::Sender<usize>) -> Self {
        living.send_modify(|count| *count += 1);
        let leader = i32::try_from(pid).ok().and_then(Pid::from_raw);
        Self { leader, living: living.clone() }
    }

    fn kill(&self) {
        if let Some(leader) = self.leader {
            // Nobody left to kill is what is wanted.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
        if let Some(leader) = self.leader {
            spawn::ended(leader.as_raw_nonzero().get().unsigned_abs());
        }
        self.living.send_modify(|count| *count -= 1);
    }
}
