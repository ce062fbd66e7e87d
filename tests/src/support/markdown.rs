//! A page of documentation as a reader follows it: files to write, commands to type.
//!
//! A fenced block after a line that ends in `` `path`: `` is that file; where the line begins with
//! "Add to", it goes to the file's end. A block of `console` is typed: each line that begins with
//! `$ ` is a command, and what follows is part of what it prints; `...` stands for anything.

use crate::outcome::{Outcome, fail};

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Write a file.
    Write {
        /// Relative to the project.
        path: String,
        /// What it holds.
        text: String,
    },
    /// Add to a file.
    Append {
        /// Relative to the project.
        path: String,
        /// What is added.
        text: String,
    },
    /// Type a command.
    Type {
        /// The command.
        line: String,
        /// Lines of which each is part of what it prints.
        printed: Vec<String>,
    },
}

/// The steps of a page, in their order.
///
/// # Errors
/// A block that is neither a file nor typed: nobody would find out that it is wrong.
pub fn steps(page: &str) -> Outcome<Vec<Step>> {
    let mut steps = Vec::new();
    let mut before = "";
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            before = if line.trim().is_empty() { before } else { line };
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        match (language, path(before)) {
            ("console", _) => steps.extend(typed(&block)),
            (_, Some(path)) => {
                let (path, text) = (path.to_owned(), block.join("\n") + "\n");
                steps.push(match before.starts_with("Add to") {
                    true => Step::Append { path, text },
                    false => Step::Write { path, text },
                });
            }
            ("text", None) => {}
            _ => return fail(format!("a block of `{language}` after {before:?} has no file")),
        }
        before = "";
    }
    Ok(steps)
}

fn path(line: &str) -> Option<&str> {
    line.strip_suffix("`:")?.rsplit('`').next()
}

fn typed(block: &[&str]) -> Vec<Step> {
    let mut steps = Vec::new();
    for text in block {
        match (text.strip_prefix("$ "), steps.last_mut()) {
            (Some(line), _) => {
                let line = line.split("  #").next().unwrap_or(line).trim_end().to_owned();
                steps.push(Step::Type { line, printed: Vec::new() });
            }
            (None, Some(Step::Type { printed, .. })) => printed.push((*text).to_owned()),
            (None, _) => {}
        }
    }
    steps
}

/// Whether a line fits, `...` standing for anything.
#[must_use]
pub fn fits(wanted: &str, line: &str) -> bool {
    let mut rest = line.trim_end();
    let mut parts = wanted.trim_end().split("...");
    let Some(start) = parts.next().and_then(|first| rest.strip_prefix(first)) else { return false };
    rest = start;
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.split_at(at + part.len()).1;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_as_a_reader_reads_it() {
        let page = "# T\n\nIn `a/b.toml`:\n\n```toml\nx = 1\n```\n\n```console\n$ do it   # why\nmade ...\n$ more\n```\nAdd to `a/b.toml`:\n```toml\ny = 2\n```\n";
        let typed = |line: &str, printed: &[&str]| Step::Type {
            line: line.into(),
            printed: printed.iter().map(|line| (*line).to_owned()).collect(),
        };
        assert_eq!(
            steps(page).unwrap(),
            [
                Step::Write { path: "a/b.toml".into(), text: "x = 1\n".into() },
                typed("do it", &["made ..."]),
                typed("more", &[]),
                Step::Append { path: "a/b.toml".into(), text: "y = 2\n".into() },
            ]
        );
        assert!(steps("```toml\nx = 1\n```\n").is_err());
    }

    #[test]
    fn dots_stand_for_anything() {
        assert!(fits("made ... in ...", "made it in 3 s"));
        assert!(fits("done", "done"));
        assert!(!fits("done", "done it"));
        assert!(!fits("made ... in", "made it"));
    }
}
