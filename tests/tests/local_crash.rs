//! `kill -9` at random moments under load: what was acknowledged is there afterwards, table and
//! schedules agree, and every tick that was due is delivered.

use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::support::local::Local;
use scheduler_tests::support::page::Page;
use scheduler_tests::support::poll;
use scheduler_tests::support::project::{Project, Recorder};
use scheduler_tests::support::scheduler::Scheduler;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use ureq::http::Method;

const RECORDER: Recorder = Recorder { name: "recorder", job_type: "told", buffer: "queue" };
/// Clients at once.
const CLIENTS: usize = 4;
/// So long the load runs before the kill, at most.
const LOAD_MS: u64 = 600;

/// What clients know of their jobs: the last state that was acknowledged, and what was under way
/// when the server died, which may have happened or not.
#[derive(Default)]
struct Known {
    /// Job id -> its acknowledged `sleep_time`; `None`: its delete was acknowledged.
    acknowledged: BTreeMap<u64, Option<u64>>,
    /// Jobs with a call under way that nobody answered.
    unknown: BTreeSet<u64>,
}

#[test]
fn nothing_that_was_acknowledged_is_lost() -> Outcome {
    let full = std::env::var_os("SCHEDULER_FULL").is_some();
    let rounds = if full { 100 } else { 20 };
    let project = Project::new(&[])?;
    project.add(RECORDER)?;
    let scheduler = Scheduler::of(project.path());
    let inbox = Page::serve("")?;
    let known = Mutex::new(Known::default());
    let seed = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
    let mut random = Random(u64::try_from(seed & u128::from(u64::MAX))? | 1);
    for round in 0..rounds {
        let told = |error| fail(format!("round {round}, seed {seed}: {error}"));
        one_round(&scheduler, &inbox, &known, &mut random).or_else(told)?;
    }
    every_first_tick_arrived(&scheduler, &inbox, &known)
}

fn one_round(
    scheduler: &Scheduler,
    inbox: &Page,
    known: &Mutex<Known>,
    random: &mut Random,
) -> Outcome {
    let local = Local::start(scheduler, &[])?;
    agrees(&local, &lock(known))?;
    let over = AtomicBool::new(false);
    let seeds: Vec<u64> = (0..CLIENTS).map(|_| random.next() | 1).collect();
    let moment = Duration::from_millis(random.next() % LOAD_MS);
    thread::scope(|scope| -> Outcome {
        let (local, over) = (&local, &over);
        for seed in seeds {
            scope.spawn(move || client(local, inbox, known, (over, Random(seed))));
        }
        thread::sleep(moment);
        local.strike()?;
        over.store(true, Ordering::SeqCst);
        Ok(())
    })?;
    local.kill()?;
    // No schedule missing, none extra, and the database whole.
    scheduler.succeed(&["local", "--check"])?;
    Ok(())
}

/// Creates, changes and deletes jobs until the server is gone.
fn client(
    local: &Local,
    inbox: &Page,
    known: &Mutex<Known>,
    (over, mut random): (&AtomicBool, Random),
) {
    let mut own: Vec<u64> = Vec::new();
    while !over.load(Ordering::SeqCst) {
        let pick = random.next();
        let wanted = 86_400 + pick % 1000 * 60;
        let job = json!({"job_type": RECORDER.job_type, "sleep_time": wanted, "url": inbox.url()});
        let position = usize::try_from(pick >> 8).unwrap_or_default();
        match (pick % 4, own.is_empty()) {
            (0 | 1, _) | (_, true) => {
                // A create that nobody answered has no id that anybody knows.
                if let Ok(made) = local.api.create("", &job) {
                    let id = made["job_id"].as_u64().unwrap_or_default();
                    lock(known).acknowledged.insert(id, Some(wanted));
                    own.push(id);
                }
            }
            (2, false) => {
                let id = own[position % own.len()];
                write(local, known, id, (Method::PUT, "update", &job), Some(wanted));
            }
            _ => {
                let id = own.swap_remove(position % own.len());
                write(local, known, id, (Method::DELETE, "delete", &Value::Null), None);
            }
        }
    }
}

fn write(
    local: &Local,
    known: &Mutex<Known>,
    id: u64,
    (method, verb, body): (Method, &str, &Value),
    becomes: Option<u64>,
) {
    lock(known).unknown.insert(id);
    let done = local.api.ok("", method, &format!("/job/{verb}/{id}"), body);
    if done.is_ok() {
        let mut known = lock(known);
        known.unknown.remove(&id);
        known.acknowledged.insert(id, becomes);
    }
}

/// The server holds exactly what was acknowledged, as far as anybody knows.
fn agrees(local: &Local, known: &Known) -> Outcome {
    let jobs = local.api.jobs("")?;
    let held: BTreeMap<u64, u64> = jobs
        .iter()
        .filter_map(|job| Some((job["job_id"].as_u64()?, job["sleep_time"].as_u64()?)))
        .collect();
    for (id, state) in &known.acknowledged {
        let is_known = !known.unknown.contains(id);
        let is_held = held.get(id) == state.as_ref();
        ensure(is_held || !is_known, || {
            format!("job {id} was acknowledged as {state:?} and is {:?}", held.get(id))
        })?;
    }
    Ok(())
}

/// A job's first run is due right after its creation, whatever happened to the server then.
fn every_first_tick_arrived(scheduler: &Scheduler, inbox: &Page, known: &Mutex<Known>) -> Outcome {
    let local = Local::start(scheduler, &[])?;
    let known = lock(known);
    agrees(&local, &known)?;
    let alive = known.acknowledged.iter().filter(|(_, state)| state.is_some());
    let mut missing: BTreeSet<u64> = alive.map(|(id, _)| *id).collect();
    ensure(!missing.is_empty(), || "no job survived: the test proves nothing".into())?;
    missing.retain(|id| !known.unknown.contains(id));
    let arrived = poll::until_true("every job's first tick", Duration::from_secs(60), || {
        for told in inbox.posted() {
            let told: Value = serde_json::from_str(&told)?;
            told["job"]["job_id"].as_u64().map(|id| missing.remove(&id));
        }
        Ok(missing.is_empty())
    });
    arrived.or_else(|error| fail(format!("{error}; missing {missing:?}\n{}", local.said())))?;
    local.stop()
}

fn lock(known: &Mutex<Known>) -> std::sync::MutexGuard<'_, Known> {
    known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Marsaglia's xorshift64: a seed is told when a round fails.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
