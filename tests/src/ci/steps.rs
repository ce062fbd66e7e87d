//! The steps of `cargo ci`, in their order: what fails fast comes first.

use super::step::{Context, Report, Step, cargo, closing_lines, everywhere, finish};
use crate::outcome::Outcome;
use crate::places;

/// After the set-up, which every one of them needs.
pub(super) const STEPS: &[Step] = &[
    Step { name: "fmt", what: "rustfmt finds nothing to change", run: fmt },
    Step { name: "clippy", what: "clippy has no warning", run: clippy },
    Step { name: "doc", what: "the documentation builds without a warning", run: doc },
    Step { name: "deny", what: "licences, bans and sources of all dependencies", run: deny },
    Step { name: "test", what: "unit, golden, layering and property tests", run: test },
    Step {
        name: "templates",
        what: "cfn-lint and golden files of every example's templates",
        run: templates,
    },
    Step {
        name: "examples",
        what: "every example, and the documentation's lines that need packages, run",
        run: examples,
    },
    Step { name: "walk", what: "a newcomer's first steps with the binary alone", run: walk },
    Step { name: "emulator", what: "deploy, use and destroy on the AWS emulator", run: emulator },
];

fn fmt(context: &Context, _: &mut Report) -> Outcome {
    everywhere(context, &["fmt", "--all", "--check"], &["fmt", "--check"])?;
    Ok(())
}

fn clippy(context: &Context, _: &mut Report) -> Outcome {
    let strict = ["--quiet", "--all-targets", "--", "-D", "warnings"];
    let root = ["clippy", "--workspace", "--features", "scheduler-tests/tools"];
    everywhere(
        context,
        &[&root[..], &strict].concat(),
        &[&["clippy", "--workspace"][..], &strict].concat(),
    )?;
    Ok(())
}

fn doc(context: &Context, _: &mut Report) -> Outcome {
    let mut command = cargo(context, &["doc", "--quiet", "--workspace", "--no-deps"])?;
    command.env("RUSTDOCFLAGS", "-D warnings");
    finish(command)?;
    Ok(())
}

/// The advisory database needs a network; it belongs to the public pipeline.
fn deny(context: &Context, _: &mut Report) -> Outcome {
    let config = places::repository().join("deny.toml");
    let config = config.to_string_lossy();
    let checks =
        ["--log-level", "error", "--config", &config, "check", "bans", "licenses", "sources"];
    everywhere(
        context,
        &[&["deny", "--workspace"][..], &checks].concat(),
        &[&["deny"][..], &checks].concat(),
    )?;
    Ok(())
}

fn test(context: &Context, report: &mut Report) -> Outcome {
    let every = ["test", "--workspace", "--no-fail-fast"];
    let outputs = everywhere(context, &every, &every)?;
    report.lines = closing_lines(&outputs);
    Ok(())
}

fn templates(context: &Context, report: &mut Report) -> Outcome {
    with_tools(context, "templates", report)
}

fn examples(context: &Context, report: &mut Report) -> Outcome {
    with_tools(context, "examples", report)
}

fn walk(context: &Context, report: &mut Report) -> Outcome {
    with_tools(context, "walk", report)
}

fn emulator(context: &Context, report: &mut Report) -> Outcome {
    with_tools(context, "emulator_flow", report)
}

/// With the whole workspace's features, as the step before: nothing is built twice.
fn with_tools(context: &Context, test: &str, report: &mut Report) -> Outcome {
    let features = ["--features", "scheduler-tests/tools", "--test", test];
    let command = [&["test", "--workspace"][..], &features].concat();
    let output = finish(cargo(context, &command)?)?;
    report.lines = closing_lines(&[output]);
    Ok(())
}
