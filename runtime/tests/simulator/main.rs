//! The whole way from a request to a schedule, with the real core in a world that does its worst:
//! calls are throttled or contended, answers get lost, services are away for hours, functions end
//! anywhere, deliveries come twice, callers and people interfere. When all is quiet, and after one
//! pass of the reconciler, table and schedules are equal; and then every job runs as often as it
//! wants, and none that is gone.
//!
//! `SCHEDULER_FULL=1` walks a million steps. `SCHEDULER_SEED` walks one seed again and tells what
//! happened, `SCHEDULER_STEPS` only so far.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their tests")]

mod api;
mod cases;
mod check;
mod crashes;
mod engine;
mod firing;
mod group;
mod original;
mod queue;
mod random;
mod stream;
mod table;
mod walk;
mod world;

use api::System;
use std::env;
use walk::Walk;

/// Steps of one walk.
const STEPS: usize = 2_000;

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap())
}

#[test]
fn whatever_happens_both_sides_are_equal_in_the_end() {
    let steps = number("SCHEDULER_STEPS").map_or(STEPS, |steps| steps as usize);
    let seeds = match (number("SCHEDULER_SEED"), env::var_os("SCHEDULER_FULL")) {
        (Some(seed), _) => seed..seed + 1,
        (None, Some(_)) => 0..500,
        (None, None) => 0..25,
    };
    for seed in seeds {
        let walk = Walk { system: System::Ours, seed, steps };
        if walk.run(false).1.is_err() {
            let Walk { seed, steps, .. } = walk.shrunk();
            let (trace, end) = walk.shrunk().run(true);
            let trace = trace.join("\n");
            let why = end.unwrap_err();
            panic!("{trace}\nSCHEDULER_SEED={seed} SCHEDULER_STEPS={steps}: {why}");
        }
    }
}

/// The same walks catch the original's functions: they would catch ours.
#[test]
fn the_original_is_caught() {
    let walks = (0..10).map(|seed| Walk { system: System::Original, seed, steps: STEPS });
    let caught = walks.filter(|walk| walk.run(false).1.is_err()).count();
    assert_eq!(caught, 10);
}
