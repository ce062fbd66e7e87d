//! What keeps table and schedules in step, over memory: changes a second through stream function
//! and controller, and a pass of the reconciler, in time, memory and calls.

use super::{Measures, Suite};
use crate::bench::Bench;
use crate::table::{Row, Table, Unit};
use scheduler_tests::outcome::{Outcome, fail};
use serde_json::Value;

pub(super) const SUITE: Suite = Suite {
    name: "in-step",
    what: "changes through the core, and passes of the reconciler, over memory",
    subject: Measures::Core,
    run,
};

/// Jobs, and as many schedules.
const JOBS: u64 = 100_000;
/// One run is a trial that all of it works.
const FEW: u64 = 2_000;

/// What the program calls a part, and what it is called here.
const CHANGES: &[(&str, &str)] = &[
    ("stream", "stream function"),
    ("create", "controller, new jobs"),
    ("change", "controller, changed jobs"),
];
/// Everything compared, and the hourly function's pass.
const PASSES: &[&str] =
    &["whole, in step", "whole, 1 % apart", "hourly, in step", "hourly, 1 % apart"];
const CALLS: &[&str] = &["list", "scan", "get", "read", "send"];

fn run(bench: &Bench) -> Outcome<Vec<Table>> {
    let jobs = if bench.runs == 1 { FEW } else { JOBS };
    let all = Taken::of(bench, jobs)?;
    let some = Taken::of(bench, jobs / 10)?;
    let row = |name: &str, values| Row { name: name.to_owned(), values, ..Row::default() };
    let column = |name: &str| vec![name.to_owned()];
    let mut rates = Vec::new();
    let mut growth = Vec::new();
    for (part, name) in CHANGES {
        let ms = all.change(part)?;
        rates.push(row(name, vec![jobs as f64 / ms * 1e3]));
        growth.push(row(name, vec![ms / some.change(part)? / 10.0]));
    }
    let (mut times, mut calls, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for pass in PASSES {
        let ms = all.pass(pass)?;
        times.push(row(pass, vec![ms]));
        growth.push(row(pass, vec![ms / some.pass(pass)? / 10.0]));
        memory.push(row(pass, vec![held(bench, pass, jobs)?]));
        let made = CALLS.iter().map(|call| all.calls(pass, call)).collect::<Outcome<Vec<_>>>()?;
        calls.push(row(pass, made));
    }
    let table = |name, what, unit, (columns, rows)| Table { name, what, unit, columns, rows };
    let a_second = "changes in a second of CPU time".to_owned();
    let took = format!("pass over {jobs} jobs and {jobs} schedules, CPU time in ms");
    let made = "calls of that pass: parts of lists, single ones, batches of repairs".to_owned();
    let needed = "memory of that pass besides jobs and schedules, at the most, in MB".to_owned();
    let linear = format!("cost of a job among {jobs}, as a multiple of one among {}", jobs / 10);
    let calls_made = CALLS.iter().map(|call| (*call).to_owned()).collect();
    Ok(vec![
        table("rates", a_second, Unit::Count, (column("a second"), rates)),
        table("times", took, Unit::Milliseconds, (column("ms"), times)),
        table("memory", needed, Unit::Megabytes, (column("MB"), memory)),
        table("calls", made, Unit::Count, (calls_made, calls)),
        table("growth", linear, Unit::Times, (column("times"), growth)),
    ])
}

/// What several runs of the program told.
struct Taken {
    changes: Vec<Value>,
    passes: Vec<Value>,
}

impl Taken {
    fn of(bench: &Bench, jobs: u64) -> Outcome<Self> {
        let jobs = jobs.to_string();
        let (mut changes, mut passes) = (Vec::new(), Vec::new());
        for _ in 0..bench.runs {
            changes.push(bench.core(&["changes", &jobs])?);
            passes.push(bench.core(&["reconcile", &jobs])?);
        }
        Ok(Self { changes, passes })
    }

    fn change(&self, part: &str) -> Outcome<f64> {
        median(self.changes.iter().map(|run| &run[part]))
    }

    fn pass(&self, pass: &str) -> Outcome<f64> {
        median(self.passes.iter().map(|run| &run[pass]["ms"]))
    }

    fn calls(&self, pass: &str, call: &str) -> Outcome<f64> {
        median(self.passes.iter().map(|run| &run[pass]["calls"][call]))
    }
}

/// A program for each: what one has freed, another would not have to ask for.
fn held(bench: &Bench, pass: &str, jobs: u64) -> Outcome<f64> {
    let jobs = jobs.to_string();
    let runs = (0..bench.runs).map(|_| bench.core(&["memory", pass, &jobs]));
    let runs = runs.collect::<Outcome<Vec<_>>>()?;
    median(runs.iter().map(|run| &run["mb"]))
}

fn median<'a>(values: impl Iterator<Item = &'a Value>) -> Outcome<f64> {
    let mut values: Vec<_> = values.filter_map(Value::as_f64).collect();
    values.sort_by(f64::total_cmp);
    match values.get(values.len() / 2) {
        Some(middle) => Ok(*middle),
        None => fail("the program left out a figure"),
    }
}
