//! Takes the figures, tells them, keeps them.

use crate::args::{self, After, Arguments, Form};
use crate::bench::Bench;
use crate::build::Subject;
use crate::kept::Kept;
use crate::reference;
use crate::report::{self, Measured};
use crate::suites::{Measures, SUITES, Suite};
use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::say;
use std::env;
use std::process::ExitCode;

/// The program behind `cargo figures`.
#[must_use]
pub fn main() -> ExitCode {
    let words: Vec<_> = env::args().skip(1).collect();
    if words == [reference::FLAG] {
        reference::work();
        return ExitCode::SUCCESS;
    }
    match args::parse(words.into_iter()) {
        Ok(arguments) => done(take(&arguments)),
        Err(usage) => {
            say::line(&usage.to_string());
            ExitCode::from(2)
        }
    }
}

fn done(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::line(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn take(arguments: &Arguments) -> Outcome {
    let progress = |text: &str| {
        if arguments.form == Form::Text {
            say::line(text);
        }
    };
    let suites: Vec<_> = SUITES.iter().filter(|suite| wanted(suite, arguments)).collect();
    let subjects: Vec<_> = suites.iter().map(|suite| suite.subject).collect();
    if subjects.contains(&Measures::Tool) {
        match &arguments.subject {
            Subject::Release => {
                progress("building `scheduler`, optimised (minutes, the first time)")
            }
            Subject::Debug => progress("building `scheduler`, not optimised"),
            Subject::Binary(path) => progress(&format!("taking `{}`", path.display())),
        }
        progress(
            "its core functions are stood in for by a file of their size: no compiler is measured",
        );
    }
    let bench = Bench::new(arguments, &subjects)?;
    let (mut measured, mut failed) = (Vec::new(), Vec::new());
    for suite in suites {
        progress(&format!("measuring: {}", suite.what));
        match measure(suite, &bench) {
            Ok(figures) => measured.push(figures),
            // The others' figures took their minutes, too.
            Err(error) => failed.push(format!("`{}` could not be measured: {error}", suite.name)),
        }
    }
    let mut kept = Kept::read()?;
    match arguments.form {
        Form::Text => say::line(&format!("\n{}", report::text(&measured, &kept))),
        Form::Json => say::line(&serde_json::to_string_pretty(&report::json(&measured, &kept))?),
    }
    if arguments.after == After::Save {
        for one in &measured {
            kept.put(one.suite, &one.tables, one.reference_ms);
        }
        kept.write()?;
        progress("kept in benches/figures.json");
    }
    ensure(failed.is_empty(), || failed.join("\n"))
}

fn wanted(suite: &Suite, arguments: &Arguments) -> bool {
    arguments.suites.is_empty() || arguments.suites.iter().any(|name| name == suite.name)
}

/// The reference work is done before and after: what else the machine does shall weigh on both.
fn measure(suite: &Suite, bench: &Bench) -> Outcome<Measured> {
    let before = reference::milliseconds()?;
    let tables = (suite.run)(bench)?;
    let after = reference::milliseconds()?;
    Ok(Measured { suite: suite.name, tables, reference_ms: f64::midpoint(before, after) })
}
