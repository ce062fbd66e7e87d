//! `scheduler deploy` on the emulator: how long, and in how many AWS calls.
//!
//! The time is the emulator's for the most part, and real AWS takes minutes where it takes seconds;
//! the calls are the same on AWS, but for the polls.

use super::{Measures, Suite};
use crate::bench::Bench;
use crate::table::{Row, Table, Unit};
use scheduler_tests::outcome::{Outcome, fail};
use scheduler_tests::support::emulator::Emulator;
use scheduler_tests::support::project::{ENV, Project, Recorder};
use scheduler_tests::support::scheduler::Scheduler;
use scheduler_tests::tools;
use std::fs;
use std::time::Instant;

pub(super) const SUITE: Suite = Suite {
    name: "deploys",
    what: "deploys to the emulator: time and AWS calls (needs the tools that `cargo ci` sets up)",
    subject: Measures::Deployment,
    run,
};

const ONE: Recorder = Recorder { name: "one", job_type: "one_job", buffer: "queue" };
const TWO: Recorder = Recorder { name: "two", job_type: "two_job", buffer: "queue" };

fn run(_bench: &Bench) -> Outcome<Vec<Table>> {
    let tools = tools::setup()?;
    let emulator = Emulator::start(&tools, "figures")?;
    let project = Project::new(&[])?;
    let scheduler = Scheduler::of(project.path()).at(emulator.endpoint()).with_path(tools.path()?);
    let (mut calls, mut wall) = (Vec::new(), Vec::new());
    let mut take = |name: &str, more: &[&str]| -> Outcome {
        // The build is another suite's.
        scheduler.succeed(&["build"])?;
        let began = Instant::now();
        let line = [&["-v", "deploy", "--env", ENV, "--yes"][..], more].concat();
        let done = scheduler.succeed(&line)?;
        let took = began.elapsed().as_secs_f64() * 1e3;
        let Some(made) = made(&done.stderr) else { return fail(done.told(&line)) };
        calls.push(Row { name: name.to_owned(), values: vec![made], ..Row::default() });
        wall.push(Row { name: name.to_owned(), values: vec![took], ..Row::default() });
        Ok(())
    };
    project.add(ONE)?;
    take("first deploy", &[])?;
    take("nothing to do", &[])?;
    let code = project.path().join("plugins/one/bootstrap");
    fs::write(&code, fs::read_to_string(&code)? + "\n# another edition\n")?;
    take("one plugin's code", &[])?;
    project.add(TWO)?;
    take("one plugin added", &[])?;
    fs::write(&code, fs::read_to_string(&code)? + "# a third edition\n")?;
    take("--plugin alone", &["--plugin", ONE.name])?;
    scheduler.succeed(&["destroy", "--env", ENV, "--yes"])?;
    let columns = vec!["one plugin".to_owned()];
    Ok(vec![
        Table {
            name: "calls",
            what: "AWS calls, polls included".to_owned(),
            unit: Unit::Count,
            columns: columns.clone(),
            rows: calls,
        },
        Table {
            name: "wall",
            what: "time of the whole command in ms".to_owned(),
            unit: Unit::Milliseconds,
            columns,
            rows: wall,
        },
    ])
}

/// `-v` tells `28 AWS calls: ...`.
fn made(told: &str) -> Option<f64> {
    let line = told.lines().find(|line| line.contains(" AWS calls: "))?;
    let count = line.split(" AWS calls: ").next()?;
    count.split_whitespace().last()?.parse().ok()
}
