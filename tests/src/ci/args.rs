//! The command line of `cargo ci`.

use super::steps::STEPS;
use crate::outcome::{Outcome, fail};

/// What was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Arguments {
    /// Long runs at their full length.
    pub(super) full: bool,
    /// Only these steps; empty: all of them.
    pub(super) only: Vec<String>,
}

pub(super) fn parse(words: impl Iterator<Item = String>) -> Outcome<Arguments> {
    let mut arguments = Arguments::default();
    let mut words = words;
    while let Some(word) = words.next() {
        match word.as_str() {
            "--full" => arguments.full = true,
            "--only" => arguments.only.push(step(words.next())?),
            other => return fail(format!("`{other}` is no option\n{}", usage())),
        }
    }
    Ok(arguments)
}

fn step(name: Option<String>) -> Outcome<String> {
    match name {
        Some(name) if STEPS.iter().any(|step| step.name == name) => Ok(name),
        Some(name) => fail(format!("`{name}` is no step\n{}", usage())),
        None => fail(format!("`--only` lacks a step\n{}", usage())),
    }
}

fn usage() -> String {
    let steps: Vec<_> =
        STEPS.iter().map(|step| format!("  {:10} {}", step.name, step.what)).collect();
    format!("usage: cargo ci [--full] [--only STEP]...\nsteps:\n{}", steps.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Outcome<Arguments> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn steps_are_picked_by_name() {
        let arguments = parsed("--full --only fmt --only deny").unwrap();
        assert!(arguments.full);
        assert_eq!(arguments.only, ["fmt", "deny"]);
    }

    #[test]
    fn a_step_that_does_not_exist_is_refused_with_those_that_do() {
        let refusal = parsed("--only lint").unwrap_err().to_string();
        assert!(refusal.starts_with("`lint` is no step"), "{refusal}");
        assert!(refusal.contains("clippy"), "{refusal}");
    }
}
