//! What is under way: functions and callers, each a future that goes on when it is asked, and that
//! is dropped where it crashes.

use crate::api::{Request, System, ask};
use crate::original;
use crate::queue::{Delivery, RECEIVES, VISIBILITY};
use crate::stream::DELIVERIES;
use crate::world::{Ports, World, deployment};
use scheduler_runtime::controller::{self, Controller};
use scheduler_runtime::ports::Bookmark as _;
use scheduler_runtime::reconcile::{Depth, GRACE, Limits, Pass, Progress, Reconciler, repair};
use scheduler_runtime::stream;
use serde_json::{Value, json};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};

/// Controllers at a time (the mapping's `MaximumConcurrency`).
const CONTROLLERS: usize = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Caller,
    Stream { shard: usize, delivered: usize },
    Controller,
    Reconciler,
}

struct Task {
    kind: Kind,
    future: Pin<Box<dyn Future<Output = ()>>>,
}

/// Everything that is under way, and the world that it is under way in.
pub(crate) struct Engine {
    pub(crate) ports: Ports,
    pub(crate) system: System,
    tasks: Vec<Task>,
}

impl Engine {
    pub(crate) fn new(system: System, mut world: World) -> Self {
        world.queue.gives_up_late = system == System::Original;
        world.is_firing = system == System::Ours;
        Self { ports: Ports::new(world), system, tasks: Vec::new() }
    }

    pub(crate) fn count(&self) -> usize {
        self.tasks.len()
    }

    fn start(&mut self, kind: Kind, future: impl Future<Output = ()> + 'static) {
        self.tasks.push(Task { kind, future: Box::pin(future) });
    }

    fn running(&self, kind: Kind) -> usize {
        self.tasks.iter().filter(|task| task.kind == kind).count()
    }

    pub(crate) fn ask(&mut self, request: Request) {
        let future = ask(self.system, self.ports.clone(), request);
        self.start(Kind::Caller, future);
    }

    /// Lets the stream's mapping call its function, if there is something to tell.
    pub(crate) fn deliver_records(&mut self, shard: usize) -> bool {
        let ports = self.ports.clone();
        let records = {
            let mut world = ports.world();
            if !world.shards[shard].has_work() {
                return false;
            }
            world.shards[shard].batch()
        };
        let (system, delivered) = (self.system, records.len());
        self.start(Kind::Stream { shard, delivered }, async move {
            let answer = forward(system, &ports, records).await;
            ports.world().settle_records(shard, delivered, answer);
        });
        true
    }

    /// Lets the queue's mapping call its function, if there is something to receive.
    pub(crate) fn deliver_changes(&mut self) -> bool {
        if self.running(Kind::Controller) >= CONTROLLERS {
            return false;
        }
        let ports = self.ports.clone();
        let delivery = {
            let mut world = ports.world();
            let now = world.now;
            world.queue.receive(now)
        };
        let Some(delivery) = delivery else { return false };
        let system = self.system;
        self.start(Kind::Controller, async move {
            let answer = control(system, &ports, &delivery).await;
            ports.world().settle_changes(&delivery, answer);
        });
        true
    }

    /// The stream's mapping is made: the original's began with what came afterwards (`LATEST`).
    pub(crate) fn map_stream(&mut self) {
        if self.system == System::Original {
            for shard in &mut self.ports.world().shards {
                shard.forget();
            }
        }
    }

    /// SQS cannot be reached for longer than the stream's mapping tries.
    pub(crate) fn outlast_the_stream(&mut self) {
        self.ports.world().queue.is_down = true;
        for _ in 0..DELIVERIES {
            for shard in 0..2 {
                self.deliver_records(shard);
            }
            self.finish();
        }
        self.ports.world().queue.is_down = false;
    }

    /// EventBridge Scheduler cannot be reached for longer than the queue delivers a message.
    pub(crate) fn outlast_the_queue(&mut self) {
        self.ports.world().group.is_down = true;
        for _ in 0..=RECEIVES {
            while self.deliver_changes() {
                self.finish();
            }
            self.ports.world().pass(VISIBILITY + 1);
        }
        self.ports.world().group.is_down = false;
    }

    /// Starts the hourly run, unless one is under way.
    pub(crate) fn reconcile(&mut self, limits: Limits) {
        if self.running(Kind::Reconciler) == 0 {
            self.start(Kind::Reconciler, hourly(self.ports.clone(), limits));
        }
    }

    /// Lets one go on by a step.
    pub(crate) fn step(&mut self, index: usize) {
        let mut context = Context::from_waker(Waker::noop());
        let task = &mut self.tasks[index];
        let is_done = task.future.as_mut().poll(&mut context).is_ready();
        let is_struck = std::mem::take(&mut self.ports.world().is_struck);
        match (is_done, is_struck) {
            (true, _) => drop(self.tasks.swap_remove(index)),
            (false, true) => self.crash(index),
            (false, false) => {}
        }
    }

    /// Ends one where it is.
    pub(crate) fn crash(&mut self, index: usize) {
        let task = self.tasks.swap_remove(index);
        let mut world = self.ports.world();
        world.note(|| format!("CRASH: {:?}", task.kind));
        if let Kind::Stream { shard, delivered } = task.kind {
            world.settle_records(shard, delivered, Err(()));
        }
    }

    /// Lets all of them go on to their ends, in turns.
    pub(crate) fn finish(&mut self) {
        while !self.tasks.is_empty() {
            for index in (0..self.tasks.len()).rev() {
                self.step(index);
            }
        }
    }

    /// Lets everything happen that is to happen, and nothing go wrong any more.
    pub(crate) fn quiet_down(&mut self) {
        loop {
            self.finish();
            let records = (0..2).filter(|shard| self.deliver_records(*shard)).count();
            if records > 0 || self.deliver_changes() {
                continue;
            }
            let mut world = self.ports.world();
            let is_idle = world.shards.iter().all(|shard| shard.is_idle());
            match world.queue.next_visible() {
                None if is_idle => break,
                None => {}
                Some(visible) => {
                    let left = (visible - world.now).max(0);
                    world.pass(left);
                }
            }
        }
    }
}

/// The stream function's answer: the sequence number to go on from; an error is a crash.
async fn forward(system: System, ports: &Ports, records: Vec<Value>) -> Result<Option<String>, ()> {
    match system {
        System::Ours => {
            let event = stream::parse(json!({"Records": records}).to_string().as_bytes()).unwrap();
            Ok(stream::forward(ports, event).await.failed_at)
        }
        System::Original => original::stream(ports, records).await.map(|()| None).map_err(drop),
    }
}

/// The controller's answer: the messages that failed; an error is a crash.
async fn control(system: System, ports: &Ports, delivery: &Delivery) -> Result<Vec<String>, ()> {
    let messages = delivery.messages.clone();
    match system {
        System::Ours => {
            let controller = Controller {
                jobs: ports.clone(),
                schedules: ports.clone(),
                dead_letters: ports.clone(),
                deployment: deployment(),
            };
            let now = ports.world().now;
            Ok(controller::run(&controller, messages, now).await.failed)
        }
        System::Original => {
            original::controller(ports, messages).await.map(|()| Vec::new()).map_err(drop)
        }
    }
}

/// The reconciler's function, without its look at some that nobody wrote to: what it promises must
/// hold without luck.
async fn hourly(ports: Ports, limits: Limits) {
    let clock = {
        let ports = ports.clone();
        move || ports.world().now
    };
    let began = clock();
    let Ok(text) = ports.load().await else { return };
    let progress = Progress::of(text.as_deref());
    let depth = Depth::Sample { since: progress.since(), others: 0 };
    let from = progress.cursor().clone();
    let pass = Pass { from, grace: GRACE, depth, limits, clock: &clock };
    let (jobs, schedules) = (ports.clone(), ports.clone());
    let reconciler = Reconciler { jobs, schedules, deployment: deployment() };
    let report = repair(&reconciler, &pass, &ports).await;
    ports.world().note(|| format!("reconciled: {report:?}"));
    // What is not noted is done again.
    let _ = ports.save(&progress.after(began, &report.end).text()).await;
}

impl World {
    fn settle_records(
        &mut self,
        shard: usize,
        delivered: usize,
        answer: Result<Option<String>, ()>,
    ) {
        let twice = self.faults.twice;
        let is_lost = self.random.permille(twice);
        let failed_at = match &answer {
            Ok(failed_at) if !is_lost => Some(failed_at.as_deref()),
            _ => None,
        };
        let lost = self.shards[shard].settle(delivered, failed_at);
        if lost > 0 {
            self.lost_records += lost;
            self.hurt("records of the stream were given up");
        }
    }

    fn settle_changes(&mut self, delivery: &Delivery, answer: Result<Vec<String>, ()>) {
        let twice = self.faults.twice;
        if let (Ok(failed), false) = (answer, self.random.permille(twice)) {
            self.queue.settle(delivery, &failed);
        }
    }
}
