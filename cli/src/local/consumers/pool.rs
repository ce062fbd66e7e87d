//! A pool of warm children of one spec: who handles an event, and when nobody does any more.

use super::backoff::Backoff;
use super::bootstrap;
use super::child::{CANNOT_START, Child, Ended, Nursery, Request};
use super::ids;
use super::invocation::{Invocation, InvokeError};
use super::launch::{self, Launch};
use super::spec::Spec;
use axum::body::Bytes;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit, watch};

/// Gets each line that a child prints, without its line end.
pub type Hook = Arc<dyn Fn(&str) + Send + Sync>;

/// So much later a child whose time is over is sure to be found.
const MOMENT: Duration = Duration::from_millis(1);

/// Handles events in child processes. Clones share the children.
#[derive(Clone)]
pub struct Consumer(Arc<Pool>);

struct Pool {
    spec: Spec,
    arn: String,
    program: PathBuf,
    hook: Hook,
    launch: OnceCell<Launch>,
    slots: Semaphore,
    idle: Mutex<Vec<Child>>,
    /// Whether somebody is there to end those that stay idle.
    swept: AtomicBool,
    backoff: Mutex<Backoff>,
    life: watch::Sender<Life>,
    living: watch::Sender<usize>,
}

/// How long the consumer goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Life {
    /// For now, for ever.
    On,
    /// Nothing new is begun.
    Ending,
    /// What still runs is killed.
    Over,
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Consumer").field(&self.0.spec.name).finish()
    }
}

impl Consumer {
    /// No child yet: the first event starts one. `program` is the `scheduler` binary, whose
    /// `__child` every child begins as; `hook` gets each line that a child prints.
    #[must_use]
    pub fn new(spec: Spec, program: PathBuf, hook: Hook) -> Self {
        let (region, function) = (&spec.region, &spec.function_name);
        Self(Arc::new(Pool {
            arn: format!("arn:aws:lambda:{region}:000000000000:function:{function}"),
            program,
            hook,
            launch: OnceCell::new(),
            slots: Semaphore::new(spec.concurrency.clamp(1, Semaphore::MAX_PERMITS)),
            idle: Mutex::default(),
            swept: AtomicBool::new(false),
            backoff: Mutex::default(),
            life: watch::Sender::new(Life::On),
            living: watch::Sender::new(0),
            spec,
        }))
    }

    /// Finds out whether a child could be started, and answers what is different from AWS, a
    /// sentence each: such as another version of Python.
    ///
    /// # Errors
    /// [`InvokeError::CannotStart`], as every invocation would.
    pub async fn prepare(&self) -> Result<Vec<String>, InvokeError> {
        let launch = self.0.launch().await?;
        Ok(self.0.spec.notes.iter().chain(&launch.note).cloned().collect())
    }

    /// Hands the event to a free child, or to a new one, or waits for one where there are
    /// [`Spec::concurrency`] already.
    pub async fn invoke(&self, payload: Vec<u8>) -> Invocation {
        let pool = &*self.0;
        let request = Request {
            request_id: ids::request_id(),
            arn: pool.arn.clone(),
            payload: Bytes::from(payload),
            timeout: pool.spec.timeout,
            limit_mb: pool.spec.memory_mb,
        };
        let Some(_slot) = pool.slot().await else {
            return Invocation::without_child(&request.request_id, InvokeError::Stopped);
        };
        loop {
            match pool.attempt(&request).await {
                Attempt::Done(invocation) => {
                    self.sweep_later();
                    return invocation;
                }
                Attempt::Again => {}
            }
        }
    }

    /// One task, however many runs there are.
    fn sweep_later(&self) {
        let pool = &*self.0;
        if !pool.idle().is_empty() && !pool.swept.swap(true, Ordering::SeqCst) {
            tokio::spawn(sweep(Arc::downgrade(&self.0)));
        }
    }

    /// Nothing new is begun; what runs has `grace` to end, then it is killed. Afterwards no child
    /// is left.
    pub async fn stop(&self, grace: Duration) {
        let pool = &*self.0;
        pool.enter(Life::Ending);
        pool.idle().clear();
        let slots = u32::try_from(pool.spec.concurrency.max(1)).unwrap_or(u32::MAX);
        let ended = pool.slots.acquire_many(slots);
        if tokio::time::timeout(grace, ended).await.is_err() {
            pool.enter(Life::Over);
        }
        // Whoever still runs gives its child up now.
        drop(pool.slots.acquire_many(slots).await);
        pool.idle().clear();
        // The counter is the pool's own: it cannot be gone.
        let _ = pool.living.subscribe().wait_for(|living| *living == 0).await;
    }
}

/// Ends children that stay idle too long, as long as there are any.
async fn sweep(pool: Weak<Pool>) {
    while let Some(wait) = pool.upgrade().and_then(|pool| pool.sweep()) {
        tokio::time::sleep(wait).await;
    }
}

/// What came of one child's turn.
enum Attempt {
    Done(Invocation),
    /// The child was gone before it saw the event.
    Again,
}

impl Pool {
    fn enter(&self, life: Life) {
        self.life.send_modify(|now| *now = life.max(*now));
    }

    async fn until(&self, life: Life) {
        // The sender is the pool's own: it cannot be gone.
        let _ = self.life.subscribe().wait_for(|now| *now >= life).await;
    }

    async fn slot(&self) -> Option<SemaphorePermit<'_>> {
        tokio::select! {
            biased;
            () = self.until(Life::Ending) => None,
            slot = self.slots.acquire() => slot.ok(),
        }
    }

    async fn launch(&self) -> Result<&Launch, InvokeError> {
        self.launch.get_or_try_init(|| launch::find(&self.spec)).await
    }

    async fn attempt(&self, request: &Request) -> Attempt {
        let (mut child, warm) = match self.warm() {
            Some(child) => (child, true),
            None => match self.cold(&request.request_id).await {
                Ok(child) => (child, false),
                Err(invocation) => return Attempt::Done(invocation),
            },
        };
        let (started, clock) = (SystemTime::now(), Instant::now());
        let ended = tokio::select! {
            biased;
            ended = child.run(request) => ended,
            () = self.until(Life::Over) => Ended::Lost(InvokeError::Stopped),
        };
        let outcome = match ended {
            Ended::Unseen(_) if warm => return Attempt::Again,
            Ended::Answered(outcome) => outcome.map(Vec::from),
            Ended::Lost(error) | Ended::Unseen(error) => Err(error),
        };
        let survives = matches!(outcome, Ok(_) | Err(InvokeError::Handler { .. }));
        let invocation = Invocation {
            outcome,
            started,
            duration: clock.elapsed(),
            output: child.output(),
            request_id: request.request_id.clone(),
            peak_memory_mb: child.peak_memory_mb(),
        };
        if survives {
            self.idle().push(child);
        }
        Attempt::Done(invocation)
    }

    /// Ends the children that have been idle too long; how long until it is the next one's turn,
    /// where there is one.
    fn sweep(&self) -> Option<Duration> {
        let mut idle = self.idle();
        idle.retain(|child| child.lives() && child.idle_for() <= self.spec.keep_warm);
        let longest = idle.iter().map(Child::idle_for).max();
        self.swept.store(longest.is_some(), Ordering::SeqCst);
        longest.map(|idle| self.spec.keep_warm.saturating_sub(idle) + MOMENT)
    }

    /// The child that was busy last: what is not needed stays idle.
    fn warm(&self) -> Option<Child> {
        let mut idle = self.idle();
        while let Some(child) = idle.pop() {
            if child.lives() {
                child.forget_output();
                return Some(child);
            }
        }
        None
    }

    /// A new child that has loaded its code.
    async fn cold(&self, request_id: &str) -> Result<Child, Invocation> {
        let failed = |error| Invocation::without_child(request_id, error);
        let launch = self.launch().await.map_err(failed)?;
        let pause = self.backoff().pause(Instant::now());
        let began = tokio::select! {
            biased;
            () = self.until(Life::Ending) => return Err(failed(InvokeError::Stopped)),
            () = tokio::time::sleep(pause) => Instant::now(),
        };
        let nursery = Nursery {
            spec: &self.spec,
            launch,
            program: &self.program,
            hook: Arc::clone(&self.hook),
            living: self.living.clone(),
        };
        let mut child =
            nursery.start().await.map_err(|error| failed(self.unstartable(&error.to_string())))?;
        let patience = self.spec.init.max(self.spec.timeout);
        let ready = tokio::select! {
            biased;
            ready = child.ready(patience, self.spec.memory_mb) => ready,
            // The run has not begun.
            () = self.until(Life::Ending) => return Err(failed(InvokeError::Stopped)),
        };
        match ready {
            Ok(()) => {
                self.backoff().succeeded();
                Ok(child)
            }
            Err(error) => {
                self.backoff().failed(began, Instant::now());
                let output = child.output();
                let error = self.no_program(&output).unwrap_or(error);
                let peak_memory_mb = child.peak_memory_mb();
                Err(Invocation { output, peak_memory_mb, ..failed(error) })
            }
        }
    }

    fn unstartable(&self, reason: &str) -> InvokeError {
        launch::without_folder(&self.spec).unwrap_or_else(|| InvokeError::CannotStart {
            program: self.program.display().to_string(),
            reason: reason.to_owned(),
            hint: None,
        })
    }

    /// The real reason where the program itself could not run: `__child` said so, or a shell took
    /// it for a script.
    fn no_program(&self, output: &str) -> Option<InvokeError> {
        let path = Path::new(&self.launch.get()?.program);
        let program = path.display().to_string();
        let said = format!("error: {CANNOT_START}`{program}`: ");
        let told = output.lines().find_map(|line| line.strip_prefix(&said)).map(str::to_owned);
        let reason = told.or_else(|| bootstrap::foreign(path))?;
        let hint = "is it built for this machine, and is the interpreter that its first line \
                    names installed?";
        Some(InvokeError::CannotStart { program, reason, hint: Some(hint.to_owned()) })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Child>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn backoff(&self) -> MutexGuard<'_, Backoff> {
        self.backoff.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Invocation {
    fn without_child(request_id: &str, error: InvokeError) -> Self {
        Self {
            outcome: Err(error),
            started: SystemTime::now(),
            duration: Duration::ZERO,
            output: String::new(),
            request_id: request_id.to_owned(),
            peak_memory_mb: None,
        }
    }
}
