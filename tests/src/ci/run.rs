//! Runs the steps, each to its end whatever the others did, and sums up.

use super::args::{self, Arguments};
use super::step::{Context, Report, Step};
use super::steps::STEPS;
use crate::outcome::Outcome;
use crate::say;
use crate::tools;
use std::env;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How a step ended.
struct Row {
    name: &'static str,
    ok: bool,
    took: Duration,
}

/// The program behind `cargo ci`.
#[must_use]
pub fn main() -> ExitCode {
    match args::parse(env::args().skip(1)) {
        Ok(arguments) => check(&arguments),
        Err(usage) => {
            say::line(&usage.to_string());
            ExitCode::from(2)
        }
    }
}

fn check(arguments: &Arguments) -> ExitCode {
    let started = Instant::now();
    let mut rows = Vec::new();
    let set_up = timed("setup", &mut rows, |_| tools::setup());
    if let Some(tools) = set_up {
        let context = Context { tools, full: arguments.full };
        for step in STEPS {
            if arguments.only.is_empty() || arguments.only.iter().any(|name| name == step.name) {
                timed(step.name, &mut rows, |report| run(step, &context, report));
            }
        }
    }
    summary(&rows, started.elapsed());
    if rows.iter().all(|row| row.ok) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run(step: &Step, context: &Context, report: &mut Report) -> Outcome {
    say::line(step.what);
    (step.run)(context, report)
}

fn timed<T>(
    name: &'static str,
    rows: &mut Vec<Row>,
    step: impl FnOnce(&mut Report) -> Outcome<T>,
) -> Option<T> {
    say::line(&format!("== {name}"));
    let started = Instant::now();
    let mut report = Report::default();
    let outcome = step(&mut report);
    let took = started.elapsed();
    for line in &report.lines {
        say::line(line);
    }
    if let Err(error) = &outcome {
        say::line(&error.to_string());
    }
    let ok = outcome.is_ok();
    let verdict = if ok { "ok" } else { "FAILED" };
    say::line(&format!("-- {name}: {verdict} in {}\n", seconds(took)));
    rows.push(Row { name, ok, took });
    outcome.ok()
}

fn summary(rows: &[Row], total: Duration) {
    say::line("== summary");
    for Row { name, ok, took } in rows {
        let verdict = if *ok { "ok" } else { "FAILED" };
        say::line(&format!("{name:10} {verdict:6} {:>9}", seconds(*took)));
    }
    say::line(&format!("{:10} {:6} {:>9}", "all", "", seconds(total)));
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
