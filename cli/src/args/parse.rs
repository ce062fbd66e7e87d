//! From words to arguments, or to what clap has to say about the words.
//!
//! In: the process's words. Out: the arguments; or a text that was asked for (`--help`); or a
//! failure that keeps to `--json` and `--color` though the command line could not be read.

use super::{Arguments, Color, Global};
use crate::error::{Failure, Usage};
use crate::settings::{Stream, colored};
use clap::error::{Error, ErrorKind};
use clap::{Parser, ValueEnum};
use std::env;
use std::ffi::OsString;

/// What a command line comes to.
#[derive(Debug)]
pub enum Parsed {
    /// A command to run.
    Command(Arguments),
    /// Nothing to run: the help that was asked for, or what is wrong.
    Told(Global, Result<String, Failure>),
}

/// Reads this process's command line.
#[must_use]
pub fn parse() -> Parsed {
    let words: Vec<_> = env::args_os().collect();
    match Arguments::try_parse_from(&words) {
        Ok(arguments) => Parsed::Command(arguments),
        Err(error) => {
            let global = recognised(&words);
            let told = tell(&error, &global);
            Parsed::Told(global, told)
        }
    }
}

/// The global flags that matter for telling what is wrong, whatever else the words are.
fn recognised(words: &[OsString]) -> Global {
    let words = words.iter().skip(1).map(|word| word.to_string_lossy());
    let words: Vec<_> = words.take_while(|word| word != "--").collect();
    let after = words.iter().zip(words.iter().skip(1));
    let after = after.filter(|(flag, _)| *flag == "--color").map(|(_, when)| when.as_ref());
    let joined = words.iter().filter_map(|word| word.strip_prefix("--color="));
    let color =
        after.chain(joined).filter_map(|when| Color::from_str(when, false).ok()).next_back();
    Global {
        project: ".".into(),
        json: words.iter().any(|word| word == "--json"),
        endpoint_url: None,
        color: color.unwrap_or(Color::Auto),
        verbose: false,
        quiet: false,
    }
}

fn tell(error: &Error, global: &Global) -> Result<String, Failure> {
    let rendered = error.render();
    let plain = rendered.to_string();
    let stream = if error.use_stderr() { Stream::Stderr } else { Stream::Stdout };
    let color = colored(global.color, stream);
    let text = if color { rendered.ansi().to_string() } else { plain.clone() };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(text),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let hint = Some("`scheduler --help` tells which there are".into());
            Err(Failure::Usage(Usage { text, what: "a command is missing".into(), hint }))
        }
        _ => Err(Failure::Usage(Usage { text, what: what(&plain), hint: hint(&plain) })),
    }
}

/// clap's first paragraph, in one line.
fn what(plain: &str) -> String {
    let told = plain.trim_start_matches("error:");
    let lines = told.trim_start().lines().map(str::trim);
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// clap's tips, or else how the command is used.
fn hint(plain: &str) -> Option<String> {
    let lines = || plain.lines().map(str::trim);
    let tips: Vec<_> = lines().filter_map(|line| line.strip_prefix("tip: ")).collect();
    match tips.as_slice() {
        [] => {
            let usage = lines().find_map(|line| line.strip_prefix("Usage: "));
            let help = "`--help` behind the command tells what it takes".to_owned();
            Some(usage.map_or(help, |usage| format!("`{usage}`")))
        }
        tips => Some(tips.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognise(line: &str) -> Global {
        let words: Vec<OsString> = line.split(' ').map(Into::into).collect();
        recognised(&words)
    }

    #[test]
    fn what_shapes_the_answer_is_found_among_words_that_cannot_be_read() {
        assert!(recognise("scheduler chek --json").json);
        assert!(!recognise("scheduler chek -- --json").json);
        assert_eq!(recognise("scheduler --color always chek").color, Color::Always);
        assert_eq!(recognise("scheduler --color=never chek").color, Color::Never);
        assert_eq!(recognise("scheduler --color=blue chek").color, Color::Auto);
        assert_eq!(recognise("scheduler chek --color").color, Color::Auto);
    }

    fn usage(line: &str) -> Usage {
        let error = Arguments::try_parse_from(line.split(' ')).unwrap_err();
        match tell(&error, &recognise(line)) {
            Err(Failure::Usage(usage)) => usage,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_misspelt_command_gets_the_nearest_one_as_its_hint() {
        let usage = usage("scheduler chek");
        assert_eq!(usage.what, "unrecognized subcommand 'chek'");
        assert!(usage.hint.unwrap().contains("'check'"));
    }

    #[test]
    fn what_is_missing_is_told_in_one_line() {
        let usage = usage("scheduler plan");
        assert_eq!(usage.what, "the following required arguments were not provided: --env <ENV>");
        assert_eq!(usage.hint.as_deref(), Some("`scheduler plan --env <ENV>`"));
    }
}
