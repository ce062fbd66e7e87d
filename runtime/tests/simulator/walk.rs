//! A walk: so many steps, each picked by the seed, and then peace.

use crate::api::{Action, Request, System};
use crate::check::{broken_promises, differences, is_schedulable, misfires};
use crate::engine::Engine;
use crate::random::Random;
use crate::world::{Faults, World, deployment};
use scheduler_contract::JobKey;
use scheduler_runtime::ports::StandingSchedule;
use scheduler_runtime::reconcile::{
    Cursor, Depth, End, GRACE, Kind, Limits, Pass, Reconciler, survey,
};
use serde_json::{Value, json};

/// Under way at a time.
const TASKS: usize = 12;

/// Every job has a run in it, seconds.
const DAY: i64 = 86_400 + 120;

/// One walk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walk {
    pub(crate) system: System,
    pub(crate) seed: u64,
    pub(crate) steps: usize,
}

fn users() -> [String; 4] {
    let long = format!("{}@example.com", "u".repeat(80));
    ["u".to_owned(), "u-1".to_owned(), "a b@example".to_owned(), long]
}

/// Values that the original's functions stumbled over among them.
const BODIES: &[&str] = &[
    r#"{"job_type":"test","sleep_time":60}"#,
    r#"{"job_type":"test","sleep_time":61,"gone":null,"list":[1,[2.50,{"x":null}]]}"#,
    r#"{"job_type":"test","sleep_time":600,"big":9007199254740993}"#,
    r#"{"job_type":"test","sleep_time":120,"text":"\u0000\uffff ü"}"#,
    r#"{"job_type":"page","sleep_time":86400,"map":{"a":{},"b":[]}}"#,
];

impl Walk {
    /// Walks; the trace, and what is wrong in the end.
    pub(crate) fn run(self, is_traced: bool) -> (Vec<String>, Result<(), String>) {
        let mut world = World::new(self.seed);
        world.trace = is_traced.then(Vec::new);
        let mut random = Random::new(self.seed ^ 0x5eed);
        // A calm world has nothing in it that the events alone could not mend.
        let is_rough = random.permille(500);
        world.faults = Faults {
            throttled: random.below(80),
            lost: random.below(50),
            late: if is_rough { random.below(20) } else { 0 },
            twice: random.below(40),
            contended: random.below(30),
        };
        let mut engine = Engine::new(self.system, world);
        for _ in 0..self.steps {
            step(&mut engine, &mut random, is_rough);
        }
        let end = peace(&mut engine);
        let trace = engine.ports.world().trace.take();
        (trace.unwrap_or_default(), end)
    }

    /// The shortest walk of this seed that ends badly too.
    pub(crate) fn shrunk(self) -> Self {
        let fails = |steps: &usize| Self { steps: *steps, ..self }.run(false).1.is_err();
        let grows = std::iter::successors(Some(1), |steps| Some(steps * 5 / 4 + 1));
        let first = grows.take_while(|steps| *steps < self.steps).find(fails);
        let coarse = first.unwrap_or(self.steps);
        let steps = (coarse * 3 / 4..coarse).find(fails).unwrap_or(coarse);
        Self { steps, ..self }
    }
}

fn step(engine: &mut Engine, random: &mut Random, is_rough: bool) {
    let pick = random.below(1_000);
    match pick {
        0..80 if engine.count() < TASKS => {
            let request = request(engine, random);
            engine.ask(request);
        }
        80..100 if engine.count() > 0 => engine.crash(random.below(engine.count())),
        100..200 => drop(engine.deliver_records(random.below(2))),
        200..300 => drop(engine.deliver_changes()),
        300..320 => {
            let seconds = *random.pick(&[1, 1, 1, 5, 30, 45, 60, 700]);
            engine.ports.world().pass(seconds);
        }
        320..325 => engine.reconcile(limits(random)),
        325..330 => write_behind_the_api(&mut engine.ports.world(), random),
        330..335 if is_rough => damage(&mut engine.ports.world(), random),
        // Hardly ever: it takes hours.
        340 if is_rough && random.permille(500) => engine.outlast_the_queue(),
        340 if is_rough => engine.outlast_the_stream(),
        335..340 => finish_late_call(&mut engine.ports.world(), random),
        _ if engine.count() > 0 => engine.step(random.below(engine.count())),
        _ => {}
    }
}

fn request(engine: &Engine, random: &mut Random) -> Request {
    let user = random.pick(&users()).clone();
    let world = engine.ports.world();
    let own: Vec<_> = world.items.keys().filter(|key| key.user_id == user).collect();
    let body = (*random.pick(BODIES)).to_owned();
    if own.len() < 2 || (own.len() < 6 && random.permille(300)) {
        return Request { user, job_id: String::new(), action: Action::Create(body) };
    }
    let key = *random.pick(&own);
    let rev = world.items[key].get("rev").and_then(Value::as_u64).unwrap_or(0);
    let action = match random.below(8) {
        0..3 => Action::Update(body, None),
        3 => Action::Update(body, Some(format!("\"{rev}\""))),
        4 => Action::Pause,
        5 => Action::Resume,
        _ => Action::Delete,
    };
    Request { user, job_id: key.job_id.to_string(), action }
}

fn limits(random: &mut Random) -> Limits {
    let calls = match random.below(3) {
        0 => None,
        _ => Some(1 + random.below(40) as u64),
    };
    Limits { calls, schedules: 2 + random.below(20), ..Limits::NONE }
}

/// An item as the original wrote it, or one that no schedule can be made of, and its cure.
fn write_behind_the_api(world: &mut World, random: &mut Random) {
    let key = JobKey { user_id: random.pick(&users()).clone(), job_id: random.below(4) as u64 };
    if !world.items.contains_key(&key) {
        return;
    }
    let body = *random.pick(BODIES);
    let mut item: serde_json::Map<_, _> = serde_json::from_str(body).unwrap();
    item.insert("user_id".to_owned(), key.user_id.clone().into());
    item.insert("user_email".to_owned(), "u@example.com".into());
    item.insert("job_id".to_owned(), key.job_id.into());
    match random.below(6) {
        0 => drop(item.insert("job_type".to_owned(), "gone".into())),
        1 => drop(item.remove("user_email")),
        2 => drop(item.insert("sleep_time".to_owned(), json!("60"))),
        3 => drop(item.insert("text".to_owned(), "x".repeat(300_000).into())),
        _ => {}
    }
    world.put(key, item);
}

/// What no event tells of.
fn damage(world: &mut World, random: &mut Random) {
    let names: Vec<_> = world.group.schedules.keys().cloned().collect();
    if names.is_empty() {
        return;
    }
    let name = random.pick(&names).clone();
    let now = world.now;
    let alter = |world: &mut World, change: fn(&mut StandingSchedule)| {
        let schedule = world.group.schedules.get_mut(&name).unwrap();
        change(schedule);
        schedule.modified = Some(now);
    };
    world.note(|| format!("by hand: {name}"));
    match random.below(8) {
        0 => drop(world.group.schedules.remove(&name)),
        1 => alter(world, |schedule| schedule.enabled = !schedule.enabled),
        2 => alter(world, |schedule| schedule.input = "{}".to_owned()),
        3 => alter(world, |schedule| schedule.topic_arn = "arn:other".to_owned()),
        4 => alter(world, |schedule| schedule.expression = "rate(9 days)".to_owned()),
        5 => alter(world, |schedule| schedule.foreign = vec!["the end date"]),
        6 => {
            let other = (*random.pick(&["mine", "u-07", "h.00", "u-900"])).to_owned();
            let copy =
                StandingSchedule { modified: Some(now), ..world.group.schedules[&name].clone() };
            world.group.schedules.insert(other.clone(), copy);
            world.pace(&other, 60, None);
        }
        _ => world.queue.purge(),
    }
    world.hurt("somebody's hand");
}

fn finish_late_call(world: &mut World, random: &mut Random) {
    if world.late.is_empty() {
        return;
    }
    let index = random.below(world.late.len());
    let call = world.late.swap_remove(index);
    call(world);
    world.hurt("a call was done late");
}

/// Nothing goes wrong any more: what was asked is done, and after one whole pass of the reconciler
/// both sides are equal. Where nothing was lost, they are before it.
fn peace(engine: &mut Engine) -> Result<(), String> {
    {
        let mut world = engine.ports.world();
        world.note(|| "PEACE".to_owned());
        world.faults = Faults::default();
        while let Some(call) = world.late.pop() {
            call(&mut world);
            world.hurt("a call was done late");
        }
    }
    engine.quiet_down();
    let told = {
        let mut world = engine.ports.world();
        if world.queue.dead > 0 {
            world.hurt("messages were given up");
        }
        if world.damage.is_empty() { differences(&world) } else { Vec::new() }
    };
    none(told, "out of step, though nothing was lost")?;
    whole_pass(engine);
    engine.quiet_down();
    let world = engine.ports.world();
    none(differences(&world), "out of step after a pass")?;
    none(broken_promises(&world), "promises")?;
    drop(world);
    verified(engine)?;
    fires(engine)
}

/// A day and a bit, in which nothing but the schedules acts.
fn fires(engine: &mut Engine) -> Result<(), String> {
    let mut world = engine.ports.world();
    let began = world.now;
    world.runs.retain(|run| run.arrives > began);
    world.pass(DAY);
    none(misfires(&world, began), "runs")?;
    // What was lost, or done by hand, may have taken a first run along.
    let broken = if world.damage.is_empty() { world.broken.clone() } else { Vec::new() };
    none(broken, "first runs")
}

fn none(lines: Vec<String>, what: &str) -> Result<(), String> {
    if lines.is_empty() { Ok(()) } else { Err(format!("{what}: {}", lines.join("; "))) }
}

/// What is left of the pass that is under way, and then one from its beginning to its end.
pub(crate) fn whole_pass(engine: &mut Engine) {
    let mut finished = 0;
    engine.ports.world().pass(GRACE + 1);
    while finished < 2 {
        engine.reconcile(Limits { schedules: 5, ..Limits::NONE });
        engine.finish();
        let world = engine.ports.world();
        let noted = world.bookmark.clone().unwrap_or_default();
        finished += usize::from(noted.contains("\"began\":null"));
    }
}

/// A verification says the same as the second look at what has to be.
pub(crate) fn verified(engine: &mut Engine) -> Result<(), String> {
    let ports = &engine.ports;
    ports.world().pass(GRACE + 1);
    let now = ports.world().now;
    let clock = move || now;
    let reconciler =
        Reconciler { jobs: ports.clone(), schedules: ports.clone(), deployment: deployment() };
    let pass = Pass {
        from: Cursor::default(),
        grace: GRACE,
        depth: Depth::All,
        limits: Limits::NONE,
        clock: &clock,
    };
    let report = done(survey(&reconciler, &pass));
    let world = ports.world();
    let unschedulable = world.items.values().filter(|item| !is_schedulable(item)).count() as u64;
    let is_right = matches!(report.end, End::Done)
        && report.total() == report.count(Kind::Unschedulable)
        && report.total() == unschedulable
        && report.jobs == world.items.len() as u64;
    if is_right { Ok(()) } else { Err(format!("verified: {:?}", report.sentences())) }
}

fn done<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}
