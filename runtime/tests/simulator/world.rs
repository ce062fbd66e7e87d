//! The world around the core: table, stream, queue, schedules, a clock, and what goes wrong.

use crate::firing::Run;
use crate::group::Group;
use crate::queue::Fifo;
use crate::random::Random;
use crate::stream::Shard;
use scheduler_contract::JobKey;
use scheduler_runtime::controller::{Deployment, Target};
use scheduler_runtime::job_types::JobTypes;
use scheduler_runtime::ports::{DeadLetter, Failure, Item};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

/// Seconds since 1970 when a world begins.
pub(crate) const BEGIN: i64 = 1_700_000_000;

/// What goes wrong, of a thousand calls.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Faults {
    /// It is refused: too many calls.
    pub(crate) throttled: usize,
    /// It is done, and the answer never arrives.
    pub(crate) lost: usize,
    /// It is done after its caller has given up, some time.
    pub(crate) late: usize,
    /// A delivery comes twice.
    pub(crate) twice: usize,
    /// An update or a deletion is refused: another one of the same schedule is under way.
    pub(crate) contended: usize,
}

/// What a call does.
pub(crate) type Effect = Box<dyn FnOnce(&mut World) + Send>;

/// Everything there is.
pub(crate) struct World {
    pub(crate) now: i64,
    pub(crate) random: Random,
    pub(crate) faults: Faults,
    pub(crate) items: BTreeMap<JobKey, Item>,
    pub(crate) counters: BTreeMap<String, u64>,
    pub(crate) shards: [Shard; 2],
    pub(crate) queue: Fifo,
    pub(crate) group: Group,
    pub(crate) letters: Vec<DeadLetter>,
    /// Records in the stream's dead-letter queue.
    pub(crate) lost_records: usize,
    /// Whether schedules fire: nobody counts the runs of the original.
    pub(crate) is_firing: bool,
    /// Ticks.
    pub(crate) runs: Vec<Run>,
    /// Promises that were not kept.
    pub(crate) broken: Vec<String>,
    /// Calls that were done, and after which of them whoever made it crashes.
    pub(crate) effects: u64,
    pub(crate) fatal: Vec<u64>,
    pub(crate) is_struck: bool,
    pub(crate) bookmark: Option<String>,
    /// Ids that the API told a caller, by user.
    pub(crate) told: Vec<JobKey>,
    /// Calls that are done after their callers have given up.
    pub(crate) late: Vec<Effect>,
    /// What only a reconciler can mend.
    pub(crate) damage: Vec<&'static str>,
    /// What happened, where somebody wants to know.
    pub(crate) trace: Option<Vec<String>>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            now: BEGIN,
            random: Random::new(seed),
            faults: Faults::default(),
            items: BTreeMap::new(),
            counters: BTreeMap::new(),
            shards: Default::default(),
            queue: Fifo::default(),
            group: Group::default(),
            letters: Vec::new(),
            lost_records: 0,
            is_firing: true,
            runs: Vec::new(),
            broken: Vec::new(),
            effects: 0,
            fatal: Vec::new(),
            is_struck: false,
            bookmark: None,
            told: Vec::new(),
            late: Vec::new(),
            damage: Vec::new(),
            trace: None,
        }
    }

    pub(crate) fn note(&mut self, text: impl FnOnce() -> String) {
        let now = self.now - BEGIN;
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{now:>8} {}", text()));
        }
    }

    pub(crate) fn hurt(&mut self, damage: &'static str) {
        self.note(|| format!("DAMAGE: {damage}"));
        self.damage.push(damage);
    }
}

/// The way to the world that every port takes.
#[derive(Clone)]
pub(crate) struct Ports(pub(crate) Arc<Mutex<World>>);

impl Ports {
    pub(crate) fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// A call over the network: whoever is ended meanwhile, is so before or after it is done.
    pub(crate) async fn call<T>(
        &self,
        what: &'static str,
        effect: impl FnOnce(&mut World) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        pause().await;
        let outcome = self.done(what, effect);
        pause().await;
        outcome
    }

    /// The same for a call that may be done after its caller has given up.
    pub(crate) async fn slow_call<T>(
        &self,
        what: &'static str,
        effect: impl FnOnce(&mut World) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        pause().await;
        let is_late = {
            let mut world = self.world();
            let late = world.faults.late;
            world.random.permille(late)
        };
        if !is_late {
            let outcome = self.done(what, effect);
            pause().await;
            return outcome;
        }
        let effect = move |world: &mut World| {
            world.note(|| format!("{what}: done late"));
            effect(world);
        };
        self.world().late.push(Box::new(effect));
        Err(Failure::new(what, "no answer"))
    }

    fn done<T>(
        &self,
        what: &'static str,
        effect: impl FnOnce(&mut World) -> T,
    ) -> Result<T, Failure> {
        let mut world = self.world();
        let faults = world.faults;
        if world.random.permille(faults.throttled) {
            world.note(|| format!("{what}: throttled"));
            return Err(Failure::new(what, "ThrottlingException"));
        }
        let outcome = effect(&mut world);
        world.effects += 1;
        world.is_struck = world.fatal.contains(&world.effects);
        if world.random.permille(faults.lost) {
            world.note(|| format!("{what}: done, but the answer is lost"));
            return Err(Failure::new(what, "no answer"));
        }
        Ok(outcome)
    }
}

/// Ends once it was asked twice: others go on meanwhile.
pub(crate) async fn pause() {
    struct Pause(bool);
    impl Future for Pause {
        type Output = ();
        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
            if self.0 {
                return Poll::Ready(());
            }
            self.0 = true;
            context.waker().wake_by_ref();
            Poll::Pending
        }
    }
    Pause(false).await;
}

pub(crate) fn deployment() -> Deployment {
    let name = |what: &str| format!("arn:{what}");
    Deployment {
        types: JobTypes::parse(r#"{"test":true,"page":true}"#).unwrap(),
        target: Target {
            topic_arn: name("topic"),
            role_arn: name("role"),
            dead_letter_arn: name("dead"),
        },
    }
}
