//! The README's table of commands has every command and every option, and no other.

use clap::Command;
use scheduler::args::visible;
use std::collections::BTreeSet;
use std::fs;

/// Told elsewhere in the README: what applies to every command, and `jobs`, whose row is a summary.
const SUMMARY: &str = "jobs";

/// The first cells of the table's rows: the command lines.
fn rows() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let text = fs::read_to_string(path).unwrap();
    let table = text.lines().skip_while(|line| !line.starts_with("| command |")).skip(2);
    let table = table.take_while(|line| line.starts_with('|'));
    // A bar that stands in a cell is escaped.
    let cell = |line: &str| line.replace("\\|", "/").split('|').nth(1).unwrap().to_owned();
    table.map(cell).collect()
}

/// The command lines of the table, without their backticks: `completions SHELL`, `man [--out DIR]`.
fn lines() -> Vec<String> {
    let parts = rows();
    let parts = parts.iter().flat_map(|row| row.split('`').skip(1).step_by(2));
    parts.map(str::to_owned).collect()
}

fn flags(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_lowercase() || c == '-'));
    words.filter(|word| word.starts_with("--")).map(str::to_owned).collect()
}

fn own_flags(command: &Command) -> BTreeSet<String> {
    let arguments = command.get_arguments().filter(|one| !one.is_global_set());
    let named = arguments.filter_map(|one| one.get_long()).filter(|name| *name != "help");
    named.map(|name| format!("--{name}")).collect()
}

#[test]
fn every_command_has_its_line_with_all_of_its_options() {
    let lines = lines();
    let line = |words: &str| {
        let begin = format!("{words} ");
        let found = lines.iter().find(|line| format!("{line} ").starts_with(&begin));
        found.unwrap_or_else(|| panic!("the README has no line for `{words}`: {lines:#?}"))
    };
    let mut told = 0;
    for command in visible().get_subcommands() {
        let name = command.get_name();
        match (name, command.has_subcommands()) {
            (SUMMARY, _) => {
                for below in command.get_subcommands().map(Command::get_name) {
                    let is_told = lines.iter().any(|line| {
                        let mut words = line.split([' ', '/']);
                        words.next() == Some(SUMMARY) && words.any(|word| word == below)
                    });
                    assert!(is_told, "the README says nothing of `jobs {below}`");
                }
            }
            (_, false) => {
                assert_eq!(flags(line(name)), own_flags(command), "{name}");
                told += 1;
            }
            (_, true) => {
                for below in command.get_subcommands() {
                    let words = format!("{name} {}", below.get_name());
                    assert_eq!(flags(line(&words)), own_flags(below), "{words}");
                    told += 1;
                }
            }
        }
    }
    assert!(told > 15, "{told}");
}
