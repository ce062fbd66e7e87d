//! What the commands that touch no AWS cost, by the number of plugins.

use super::{Measures, Suite};
use crate::bench::Bench;
use crate::measure::{self, Cost};
use crate::project::{ENV, Project};
use crate::table::{Row, Table, Unit};
use scheduler_tests::outcome::{Outcome, ensure};
use serde_json::Value;
use std::fs;

pub(super) const SUITE: Suite = Suite {
    name: "commands",
    what: "CPU time and memory of check, plan, synth and build, by the number of plugins",
    subject: Measures::Tool,
    run,
};

/// A command line, and what is done to the project before each run of it.
struct Case {
    name: &'static str,
    line: &'static [&'static str],
    before: fn(&Project, usize) -> Outcome,
}

const CASES: &[Case] = &[
    Case { name: "check", line: &["check"], before: nothing },
    Case { name: "plan", line: &["plan", "--env", ENV], before: nothing },
    Case { name: "synth", line: &["synth", "--env", ENV], before: nothing },
    Case { name: "build, nothing to do", line: &["build"], before: nothing },
    Case { name: "build, one file touched", line: &["build"], before: Project::touch },
    Case { name: "build, all", line: &["build"], before: forget },
];

fn nothing(_: &Project, _: usize) -> Outcome {
    Ok(())
}

/// Aside, not deleted: a file system that looks for the place of a new file among many that were
/// just deleted would be measured.
fn forget(project: &Project, time: usize) -> Outcome {
    let aside = project.made().join(format!("build-{time}"));
    Ok(fs::rename(project.made().join("build"), aside)?)
}

fn run(bench: &Bench) -> Outcome<Vec<Table>> {
    let projects =
        bench.sizes.iter().map(|size| ready(bench, *size)).collect::<Outcome<Vec<_>>>()?;
    let costs = costs(bench, &projects)?;
    let cpu = |cost: &Cost| cost.cpu.as_secs_f64() * 1000.0;
    let peak = |cost: &Cost| cost.peak as f64 / 1e6;
    let what = format!("CPU time in ms (user and system), median of {}", bench.runs);
    let cpu = by_size(bench, &costs, ("cpu", what, Unit::Milliseconds), cpu);
    let peak =
        by_size(bench, &costs, ("memory", "peak memory in MB".into(), Unit::Megabytes), peak);
    let growth = growth(&bench.sizes, &cpu);
    Ok([cpu, peak].into_iter().chain(growth).collect())
}

/// A project that is built, and of which it is known that a build has so much to do as the figures
/// say.
fn ready(bench: &Bench, size: usize) -> Outcome<Project> {
    let project = Project::new(size)?;
    bench.answer(project.path(), &["build"])?;
    built(bench, &project, 0)?;
    project.touch(usize::MAX)?;
    built(bench, &project, 1)?;
    Ok(project)
}

/// A cost a case, of each project. All of them take turns: what else the machine does weighs on
/// all alike.
fn costs(bench: &Bench, projects: &[Project]) -> Outcome<Vec<Vec<Cost>>> {
    let mut all = vec![vec![Vec::new(); CASES.len()]; projects.len()];
    for nth in 0..bench.runs {
        for (project, of_project) in projects.iter().zip(&mut all) {
            for (case, of_case) in CASES.iter().zip(of_project) {
                (case.before)(project, nth)?;
                of_case.push(measure::cost(&mut bench.scheduler(project.path(), case.line)?)?);
            }
        }
    }
    Ok(all.iter().map(|cases| cases.iter().map(|costs| measure::median(costs)).collect()).collect())
}

/// That a build has so much to do: a figure of something else would be worth nothing.
fn built(bench: &Bench, project: &Project, wanted: usize) -> Outcome {
    let told: Value = serde_json::from_str(&bench.answer(project.path(), &["--json", "build"])?)?;
    let artifacts = told["artifacts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let fresh = artifacts.iter().filter(|one| one["cached"] == false).count();
    ensure(fresh == wanted && artifacts.len() == project.size + 1, || {
        format!("{fresh} of {} zips were built, not {wanted}", artifacts.len())
    })
}

fn by_size(
    bench: &Bench,
    costs: &[Vec<Cost>],
    (name, what, unit): (&'static str, String, Unit),
    part: impl Fn(&Cost) -> f64,
) -> Table {
    let rows = CASES.iter().enumerate().map(|(nth, case)| Row {
        name: case.name.to_owned(),
        values: costs.iter().filter_map(|of_size| of_size.get(nth)).map(&part).collect(),
        limited_by: None,
    });
    let columns = bench.sizes.iter().map(ToString::to_string).collect();
    Table { name, what, unit, columns, rows: rows.collect() }
}

/// What one more plugin costs: from the smallest project to the second largest, from there to the
/// largest, and how these compare. A cost in proportion to the plugins gives about 1.
fn growth(sizes: &[usize], cpu: &Table) -> Option<Table> {
    let [smallest, .., middle, largest] = sizes else { return None };
    let rows = cpu.rows.iter().map(|row| {
        let each = |from: &usize, to: &usize| {
            let value = |size: &usize| cpu.value(&row.name, &size.to_string()).unwrap_or_default();
            (value(to) - value(from)) / (to - from) as f64
        };
        let (first, then) = (each(smallest, middle), each(middle, largest));
        Row { name: row.name.clone(), values: vec![then / first], ..Row::default() }
    });
    Some(Table {
        name: "growth",
        what: format!(
            "cost of one more plugin between {middle} and {largest}, as a multiple of that \
             between {smallest} and {middle} (1: linear)"
        ),
        unit: Unit::Times,
        columns: vec!["times".to_owned()],
        rows: rows.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_costs_in_proportion_grows_by_one() {
        let row = |name: &str, values: &[f64]| Row {
            name: name.into(),
            values: values.into(),
            ..Row::default()
        };
        let cpu = Table {
            name: "cpu",
            what: String::new(),
            unit: Unit::Milliseconds,
            columns: ["1", "10", "50", "300"].map(String::from).to_vec(),
            rows: vec![
                row("linear", &[6.0, 15.0, 55.0, 305.0]),
                row("square", &[1.0, 100.0, 2500.0, 90_000.0]),
            ],
        };
        let table = growth(&[1, 10, 50, 300], &cpu).unwrap();
        assert_eq!(table.value("linear", "times"), Some(1.0));
        assert!(table.value("square", "times") > Some(6.0));
        assert_eq!(growth(&[1, 300], &cpu), None);
    }
}
