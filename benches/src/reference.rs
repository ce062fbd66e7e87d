//! A fixed piece of work: what this machine takes for it says how its times compare with those
//! of another one.
//!
//! It does what `scheduler` mostly does: makes, sorts, looks up and writes text. It is run as a
//! child, so that it is measured like everything else.

use crate::measure;
use scheduler_tests::outcome::Outcome;
use std::collections::BTreeMap;
use std::env;
use std::fmt::Write;
use std::hint::black_box;
use std::process::Command;

/// What makes this program do the work and nothing else.
pub(crate) const FLAG: &str = "--reference-work";

const RUNS: usize = 7;
const ROUNDS: usize = 20;
const ENTRIES: usize = 4000;

/// The work.
pub(crate) fn work() {
    for round in 0..ROUNDS {
        black_box(written(round));
    }
}

fn written(round: usize) -> String {
    let mut map = BTreeMap::new();
    for nth in 0..ENTRIES {
        let mixed = (nth + round).wrapping_mul(0x9E37_79B9) % 1_000_003;
        map.insert(format!("key-{mixed}"), format!("value {nth} of round {round}"));
    }
    let mut text = String::new();
    for (key, value) in &map {
        // Writing to a text does not fail.
        let _ = writeln!(text, "{key:?}: {value:?},");
    }
    text
}

/// What this machine takes for it, in milliseconds.
///
/// # Errors
/// Where this program cannot be started again.
pub(crate) fn milliseconds() -> Outcome<f64> {
    let program = env::current_exe()?;
    let again = |_| measure::cost(Command::new(&program).arg(FLAG));
    let costs = (0..RUNS).map(again).collect::<Outcome<Vec<_>>>()?;
    Ok(measure::median(&costs).cpu.as_secs_f64() * 1000.0)
}
