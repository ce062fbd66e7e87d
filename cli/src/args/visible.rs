//! The command line as people are told of it.

use super::{Arguments, Global};
use clap::{Args, Command, CommandFactory};

/// All commands but the hidden ones, for completions and man pages.
#[must_use]
pub fn visible() -> Command {
    let whole = Arguments::command();
    let shown = whole.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    // First, because it brings its own description along.
    let bare = Global::augment_args(Command::new("scheduler"));
    bare.version(env!("CARGO_PKG_VERSION"))
        .about(whole.get_about().cloned().unwrap_or_default())
        .after_help(whole.get_after_help().cloned().unwrap_or_default())
        .subcommand_required(true)
        .subcommands(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    /// Every command and subcommand with the words that lead to it.
    fn walk(command: &Command, words: &str, seen: &mut Vec<(String, Command)>) {
        let words = format!("{words}{} ", command.get_name());
        for below in command.get_subcommands() {
            walk(below, &words, seen);
        }
        seen.push((words.trim_end().to_owned(), command.clone()));
    }

    fn commands() -> Vec<(String, Command)> {
        let mut seen = Vec::new();
        walk(&visible(), "", &mut seen);
        assert!(seen.len() > 15, "{seen:?}");
        seen
    }

    /// The lines under `Examples:`, up to the next paragraph, without their comments.
    fn examples(command: &Command) -> Vec<String> {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
        let lines = lines.take_while(|line| !line.trim().is_empty());
        // What is deeper than two blanks goes on with the comment above.
        let lines = lines.filter_map(|line| line.strip_prefix("  "));
        let lines = lines.filter(|line| !line.starts_with(' '));
        lines.filter_map(|line| line.split("  ").next()).map(str::to_owned).collect()
    }

    #[test]
    fn every_command_has_examples_of_itself() {
        for (words, command) in commands() {
            let examples = examples(&command);
            assert!(!examples.is_empty(), "`{words} --help` has no example");
            let own = command.get_name();
            let told = examples.iter().any(|example| example.split(' ').any(|word| word == own));
            assert!(told, "`{words} --help` has no example of itself: {examples:?}");
        }
    }

    #[test]
    fn every_example_can_be_typed() {
        for (words, command) in commands() {
            for example in examples(&command) {
                // What stands before a pipe, an `&&` or a redirection, as a shell splits it.
                for part in example.split(" && ") {
                    let part = part.split(" | ").next().and_then(|part| part.split(" > ").next());
                    let part = part.unwrap_or_default();
                    let parsed = Arguments::try_parse_from(part.split_whitespace());
                    assert!(parsed.is_ok(), "{words}: {part}: {}", parsed.unwrap_err());
                }
            }
        }
    }

    #[test]
    fn the_whole_command_line_is_sound_and_each_command_says_what_it_does() {
        Arguments::command().debug_assert();
        for (words, command) in commands() {
            assert!(command.get_about().is_some(), "`{words}` says nothing");
        }
    }

    #[test]
    fn the_visible_command_line_lacks_the_hidden_commands_and_nothing_else() {
        let (whole, visible) = (Arguments::command(), visible());
        let names = |command: &Command| {
            let names = command.get_subcommands().map(|below| below.get_name().to_owned());
            names.collect::<Vec<_>>()
        };
        let hidden = names(&whole).into_iter().filter(|name| !names(&visible).contains(name));
        assert_eq!(hidden.collect::<Vec<_>>(), ["__child", "__guard"]);
        let ids = |command: &Command| {
            command.get_arguments().map(|arg| arg.get_id().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(ids(&whole), ids(&visible));
        assert_eq!(whole.get_version(), visible.get_version());
        let about = |command: &Command| command.get_about().map(ToString::to_string);
        assert_eq!(about(&whole), about(&visible));
    }
}
