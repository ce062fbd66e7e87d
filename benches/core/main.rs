//! The core functions over memory: what the code alone takes, and how many calls it makes.
//! `cargo figures` compiles it as people run the core, and starts it.
//!
//! In: `changes` or `reconcile` and a number of jobs, or `memory`, a pass and a number of jobs. Out: a
//! JSON object. Every run proves first
//! that it did what it tells of: all schedules are there, all differences are found and mended.
//! Deliberately absent: what a network adds.

mod changes;
mod clock;
mod done;
mod jobs;
mod memory;
mod reconcile;
mod resident;

use std::env;
use std::error::Error;
use std::io::{Write as _, stdout};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<_> = env::args().skip(1).collect();
    let figures = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["changes", jobs] => changes::changes(jobs.parse()?)?,
        ["reconcile", jobs] => reconcile::reconcile(jobs.parse()?)?,
        ["memory", pass, jobs] => reconcile::held(pass, jobs.parse()?)?,
        _ => return Err("usage: core-figures changes|reconcile JOBS | memory PASS JOBS".into()),
    };
    Ok(writeln!(stdout(), "{figures}")?)
}
