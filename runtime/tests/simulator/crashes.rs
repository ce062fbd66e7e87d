//! Small histories, each with a crash after every single call that is made in it, and with a second
//! one after every call that follows: nothing that was asked and answered is ever lost, and without
//! any reconciler. What is left to luck in a walk is done in full here.

use crate::api::{Action, Request, System};
use crate::check::{broken_promises, differences, misfires};
use crate::engine::Engine;
use crate::walk::{verified, whole_pass};
use crate::world::World;

const HOUR: &str = r#"{"job_type":"test","sleep_time":3600}"#;
const DAY: &str = r#"{"job_type":"page","sleep_time":86400,"own":[null]}"#;

/// A request, the time that it takes until all of it is done, or so many seconds.
#[derive(Debug, Clone, Copy)]
enum Step {
    Create(&'static str),
    Update(&'static str),
    Pause,
    Resume,
    Delete,
    Settle,
    Wait(i64),
}
use Step::{Create, Delete, Pause, Resume, Settle, Update, Wait};

/// All of one job, of the user `u`.
const HISTORIES: &[&[Step]] = &[
    &[Create(HOUR)],
    &[Create(HOUR), Update(DAY)],
    &[Create(HOUR), Settle, Update(DAY)],
    &[Create(HOUR), Delete],
    &[Create(HOUR), Settle, Delete],
    &[Create(HOUR), Settle, Pause, Resume],
    &[Create(HOUR), Pause, Settle, Resume, Update(DAY), Delete],
    &[Create(HOUR), Create(DAY), Settle, Delete],
    &[Create(DAY), Settle, Wait(45), Update(HOUR), Settle, Wait(45), Update(DAY)],
];

impl Step {
    fn action(self) -> Option<Action> {
        Some(match self {
            Create(body) => Action::Create(body.to_owned()),
            Update(body) => Action::Update(body.to_owned(), None),
            Pause => Action::Pause,
            Resume => Action::Resume,
            Delete => Action::Delete,
            Settle | Wait(_) => return None,
        })
    }
}

/// Plays a history with crashes after these calls; answers how many calls there were.
fn play(system: System, history: &[Step], fatal: &[u64]) -> (Engine, u64) {
    let mut world = World::new(7);
    world.fatal = fatal.to_vec();
    let mut engine = Engine::new(system, world);
    for step in history {
        match step.action() {
            Some(action) => {
                let (user, job_id) = ("u".to_owned(), "0".to_owned());
                engine.ask(Request { user, job_id, action });
                engine.finish();
            }
            None => engine.quiet_down(),
        }
        if let Wait(seconds) = step {
            engine.ports.world().pass(*seconds);
        }
    }
    engine.quiet_down();
    let effects = engine.ports.world().effects;
    (engine, effects)
}

/// What is wrong after the history and, where it shall run, a pass of the reconciler that crashes,
/// too.
fn wrong(mut engine: Engine) -> Vec<String> {
    let told = {
        let world = engine.ports.world();
        [differences(&world), broken_promises(&world), world.broken.clone()].concat()
    };
    if !told.is_empty() || engine.system == System::Original {
        return told;
    }
    let unverified = verified(&mut engine).err();
    let mut world = engine.ports.world();
    let began = world.now;
    world.runs.retain(|run| run.arrives > began);
    world.pass(86_400 + 120);
    unverified.into_iter().chain(misfires(&world, began)).collect()
}

/// Every call that is the last of whoever made it, beginning after so many; `fatal` are earlier ones.
fn each_crash(
    (system, history): (System, &[Step]),
    fatal: &[u64],
    each: &mut dyn FnMut(&[u64], Vec<String>),
) {
    for next in fatal.last().map_or(1, |last| last + 1).. {
        let fatal = [fatal, &[next]].concat();
        let (engine, effects) = play(system, history, &fatal);
        if next > effects {
            break;
        }
        each(&fatal, wrong(engine));
        // One is enough for the original.
        if fatal.len() == 1 && system == System::Ours {
            each_crash((system, history), &fatal, each);
        }
    }
}

#[test]
fn a_crash_after_whatever_call_loses_nothing() {
    let mut count = 0;
    for history in HISTORIES {
        each_crash((System::Ours, history), &[], &mut |fatal, wrong| {
            count += 1;
            assert!(wrong.is_empty(), "{history:?}, crashes after {fatal:?}: {wrong:?}");
        });
    }
    assert!(count > 500, "{count}");
}

/// The same crashes catch the original: a create that is delivered again fails for good.
#[test]
fn a_crash_after_some_call_loses_jobs_of_the_original() {
    let mut caught = 0;
    for history in HISTORIES {
        each_crash((System::Original, history), &[], &mut |_, wrong| {
            caught += usize::from(!wrong.is_empty());
        });
    }
    assert!(caught > 10, "{caught}");
}

/// The reconciler's own function: a schedule was deleted by hand, and another one added.
#[test]
fn a_reconciler_that_crashes_after_whatever_call_goes_on_where_it_was() {
    let mut fatal = 0;
    loop {
        fatal += 1;
        let (mut engine, effects) = play(System::Ours, &[Create(HOUR), Create(DAY)], &[]);
        {
            let mut world = engine.ports.world();
            let (name, schedule) = world.group.schedules.pop_first().unwrap();
            let mut other = schedule;
            other.modified = Some(0);
            world.group.schedules.insert("nobodys".to_owned(), other);
            assert_eq!(name, "u-0");
            world.fatal = vec![effects + fatal];
        }
        whole_pass(&mut engine);
        engine.quiet_down();
        let is_over = engine.ports.world().effects < effects + fatal;
        let told = differences(&engine.ports.world());
        assert!(told.is_empty(), "a crash after call {fatal}: {told:?}");
        if is_over {
            break;
        }
    }
    assert!(fatal > 10, "{fatal}");
}
