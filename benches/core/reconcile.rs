//! Passes of the reconciler: everything compared, as `scheduler verify` does, and as the function
//! does every hour; in step, and with a hundredth driven apart.

use crate::clock::taken;
use crate::done::done;
use crate::jobs::{NOW, controller, deployment, drive_apart, in_step};
use crate::memory::Memory;
use crate::resident::grown;
use scheduler_runtime::controller::{self, Message};
use scheduler_runtime::reconcile::{
    Cursor, Depth, GRACE, Limits, Pass, Reconciler, Report, repair,
};
use serde_json::{Value, json};
use std::error::Error;

/// A hundredth is driven apart an hour ago: the last pass of every hour began before.
const HOURLY: Depth = Depth::Sample { since: NOW - 7_200, others: 300 };

const DEPTHS: [(&str, Depth); 2] = [("whole", Depth::All), ("hourly", HOURLY)];

/// What one pass holds in memory besides table and schedules, in MB; `name` as [`reconcile`] has it.
pub(crate) fn held(name: &str, jobs: u64) -> Result<Value, Box<dyn Error>> {
    let depth = DEPTHS.iter().find(|(begin, _)| name.starts_with(begin));
    let (_, depth) = depth.ok_or_else(|| format!("there is no pass `{name}`"))?;
    let memory = Memory::default();
    in_step(&memory, jobs)?;
    let apart = match name.ends_with("apart") {
        true => drive_apart(&mut memory.world(), jobs),
        false => 0,
    };
    let (report, mb) = grown(|| Ok(pass(&memory, *depth)?.0))?;
    expect(&report, apart)?;
    Ok(json!({ "mb": mb }))
}

/// Passes over so many jobs and as many schedules; answers what each took, in
/// milliseconds of CPU time, and which calls it made.
pub(crate) fn reconcile(jobs: u64) -> Result<Value, Box<dyn Error>> {
    let mut told = serde_json::Map::new();
    for (name, depth) in DEPTHS {
        let memory = Memory::default();
        in_step(&memory, jobs)?;
        let (report, ms) = pass(&memory, depth)?;
        expect(&report, 0)?;
        told.insert(format!("{name}, in step"), json!({ "ms": ms, "calls": report.calls }));
        let apart = drive_apart(&mut memory.world(), jobs);
        let (report, ms) = pass(&memory, depth)?;
        expect(&report, apart)?;
        told.insert(format!("{name}, 1 % apart"), json!({ "ms": ms, "calls": report.calls }));
        mend(&memory)?;
        expect(&pass(&memory, Depth::All)?.0, 0)?;
    }
    Ok(Value::Object(told))
}

fn pass(memory: &Memory, depth: Depth) -> Result<(Report, f64), Box<dyn Error>> {
    let (jobs, schedules) = (memory.clone(), memory.clone());
    let reconciler = Reconciler { jobs, schedules, deployment: deployment()? };
    let from = Cursor::default();
    let pass = Pass { from, grace: GRACE, depth, limits: Limits::NONE, clock: &|| NOW };
    taken(|| Ok(done(repair(&reconciler, &pass, memory))))
}

/// A figure of something else would be worth nothing.
fn expect(report: &Report, differences: u64) -> Result<(), Box<dyn Error>> {
    let found = report.total();
    if found == differences && report.repairs == differences && report.recent == 0 {
        return Ok(());
    }
    Err(format!("{found} differences, not {differences}: {:?}", report.sentences()).into())
}

/// What the pass had sent to the controller.
fn mend(memory: &Memory) -> Result<(), Box<dyn Error>> {
    let controller = controller(memory)?;
    let queued = std::mem::take(&mut memory.world().queue);
    let messages = queued
        .into_iter()
        .map(|change| Message::new(change.deduplication_id, change.group, change.body));
    let report = done(controller::run(&controller, messages.collect(), NOW));
    report.problems.first().map_or(Ok(()), |problem| Err(problem.as_str().into()))
}
