//! The command line of `cargo figures`.

use crate::build::Subject;
use crate::suites::SUITES;
use scheduler_tests::outcome::{Outcome, fail};
use std::path::PathBuf;

/// Plugins of the projects that are measured.
const SIZES: [usize; 4] = [1, 10, 50, 300];
/// An odd number has a middle.
const RUNS: usize = 9;

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    /// Only these suites; empty: all of them.
    pub(crate) suites: Vec<String>,
    /// Plugins of the projects, ascending.
    pub(crate) sizes: Vec<usize>,
    /// Runs that a median is taken of.
    pub(crate) runs: usize,
    pub(crate) subject: Subject,
    pub(crate) form: Form,
    pub(crate) after: After,
}

/// How the figures are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Json,
}

/// What becomes of the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// They are compared with those that are kept.
    Compare,
    /// They take their place.
    Save,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            suites: Vec::new(),
            sizes: SIZES.to_vec(),
            runs: RUNS,
            subject: Subject::Release,
            form: Form::Text,
            after: After::Compare,
        }
    }
}

pub(crate) fn parse(words: impl Iterator<Item = String>) -> Outcome<Arguments> {
    let mut arguments = Arguments::default();
    let mut words = words;
    while let Some(word) = words.next() {
        match word.as_str() {
            "--save" => arguments.after = After::Save,
            "--json" => arguments.form = Form::Json,
            "--debug" => arguments.subject = Subject::Debug,
            "--binary" => arguments.subject = Subject::Binary(file(words.next())?),
            "--runs" => arguments.runs = number(words.next())?,
            "--plugins" => arguments.sizes = sizes(words.next())?,
            name if SUITES.iter().any(|suite| suite.name == name) => {
                arguments.suites.push(word);
            }
            other => return fail(format!("`{other}` is no suite and no option\n{}", usage())),
        }
    }
    let whole = arguments.sizes == SIZES && arguments.subject == Subject::Release;
    if arguments.after == After::Save && !whole {
        return fail(
            "`--save` keeps the usual figures only: leave out `--plugins`, `--debug` and `--binary`",
        );
    }
    Ok(arguments)
}

fn sizes(list: Option<String>) -> Outcome<Vec<usize>> {
    let list = list.unwrap_or_default();
    let mut sizes =
        list.split(',').map(|word| number(Some(word.into()))).collect::<Outcome<Vec<_>>>()?;
    sizes.sort_unstable();
    sizes.dedup();
    Ok(sizes)
}

fn file(path: Option<String>) -> Outcome<PathBuf> {
    let path = PathBuf::from(path.unwrap_or_default());
    match path.canonicalize() {
        Ok(path) if path.is_file() => Ok(path),
        _ => fail(format!("`{}` is no file\n{}", path.display(), usage())),
    }
}

fn number(word: Option<String>) -> Outcome<usize> {
    let word = word.unwrap_or_default();
    match word.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => fail(format!("`{word}` is no number from 1 on\n{}", usage())),
    }
}

fn usage() -> String {
    let suites: Vec<_> =
        SUITES.iter().map(|suite| format!("  {:10} {}", suite.name, suite.what)).collect();
    format!(
        "usage: cargo figures [SUITE]... [OPTION]...\n\
         suites:\n{}\n\
         --plugins  sizes of the projects (default: 1,10,50,300)\n\
         --runs     runs that a median is taken of (default: {RUNS})\n\
         --debug    an unoptimised build, which takes less time\n\
         --binary   a `scheduler` that is there already\n\
         --json     the figures as JSON\n\
         --save     keep the figures, to compare the next ones with",
        suites.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Outcome<Arguments> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn sizes_are_put_in_order_and_suites_picked_by_name() {
        let arguments = parsed("commands --plugins 50,1,50 --runs 3 --json").unwrap();
        assert_eq!(arguments.sizes, [1, 50]);
        assert_eq!((arguments.runs, arguments.form), (3, Form::Json));
        assert_eq!(arguments.suites, ["commands"]);
    }

    #[test]
    fn only_the_usual_figures_are_kept() {
        assert_eq!(parsed("--save").unwrap().after, After::Save);
        for line in ["--save --plugins 1", "--debug --save", "--save --binary Cargo.toml"] {
            let refusal = parsed(line).unwrap_err().to_string();
            assert!(refusal.contains("the usual figures only"), "{refusal}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused_with_what_is() {
        for line in ["--fast", "speed", "--runs 0", "--plugins 1,x", "--binary /nowhere"] {
            let refusal = parsed(line).unwrap_err().to_string();
            assert!(refusal.contains("usage: cargo figures"), "{refusal}");
        }
    }
}
