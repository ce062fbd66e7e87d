//! The page of a code: why it is a problem, and how to repair it.
//!
//! In: a code. Out: its page, from the one text that the command line and `docs/problems.md` are
//! both made of. Deliberately absent: the problems themselves, which say what is wrong where.

use crate::code::Code;
use crate::nearest::did_you_mean;
use crate::sentence;
use serde::Serialize;
use std::fmt;

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Page {
    /// The code.
    pub code: Code,
    /// What it means, in a sentence.
    pub about: &'static str,
    /// Why that is a problem: a paragraph.
    pub why: &'static str,
    /// How to repair it: a paragraph.
    pub repair: &'static str,
    /// What it looks like before and after, or after alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<Example>,
}

/// A few lines of a file, or of a shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Example {
    /// `toml`, `json` or `console`.
    pub language: &'static str,
    /// The lines.
    pub text: &'static str,
}

/// The page of a code.
#[must_use]
pub fn page(code: Code) -> Page {
    let (why, rest) = code.page().split_once("\n\n").unwrap_or((code.page(), ""));
    let (repair, rest) = rest.split_once("\n\n").unwrap_or((rest, ""));
    Page { code, about: code.about(), why, repair: repair.trim_end(), example: example(rest) }
}

/// How to repair it in a sentence: the first one of the page's second paragraph.
#[must_use]
pub fn repair(code: Code) -> String {
    sentence::first(page(code).repair)
}

/// Between the fences.
fn example(text: &'static str) -> Option<Example> {
    let (language, rest) = text.strip_prefix("```")?.split_once('\n')?;
    let (text, _) = rest.split_once("\n```")?;
    Some(Example { language, text })
}

/// The code of a name, as it is written in a problem: with or without its brackets.
///
/// # Errors
/// The name of a code that was perhaps meant, as a question.
pub fn find(name: &str) -> Result<Code, Option<String>> {
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let found = Code::ALL.iter().find(|code| code.as_str() == name).copied();
    let names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    found.ok_or_else(|| did_you_mean(name, &names))
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, about, why, repair, example } = self;
        write!(f, "{code}: {about}\n\n{why}\n\n{repair}")?;
        let lines = example.iter().flat_map(|example| example.text.lines());
        for (nth, line) in lines.enumerate() {
            let begin = if nth == 0 { "\n\n" } else { "\n" };
            let indent = if line.is_empty() { "" } else { "    " };
            write!(f, "{begin}{indent}{line}")?;
        }
        Ok(())
    }
}
