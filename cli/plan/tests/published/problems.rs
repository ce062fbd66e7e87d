//! `docs/problems.md`.

use crate::repository;
use scheduler_plan::code::Code;
use scheduler_plan::explain::page;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::{env, fs};

const INTRODUCTION: &str = "\
# Problems

Every problem that `scheduler` tells has a code, in brackets behind it, which never changes its
meaning. `scheduler check --explain CODE` prints its page, `--explain list` prints all of them,
and this is every page. It is made from `cli/plan/src/explain/pages`.
";

pub(crate) fn list() -> String {
    let mut text = INTRODUCTION.to_owned();
    text.push_str("\n| code | means |\n|---|---|\n");
    for code in Code::ALL {
        writeln!(text, "| [`{code}`](#{code}) | {} |", code.about()).unwrap();
    }
    for code in Code::ALL {
        let page = page(*code);
        write!(text, "\n## {code}\n\n{}\n\n{}\n\n{}\n", page.about, page.why, page.repair).unwrap();
        if let Some(example) = page.example {
            write!(text, "\n```{}\n{}\n```\n", example.language, example.text).unwrap();
        }
    }
    text
}

/// Every code that was ever published, with its meaning.
const CODES: &str = "cli/plan/tests/published/codes.txt";

/// Scripts, pages and searches rely on a code: it never disappears, and never gets another meaning.
/// `UPDATE_GOLDEN=1` adds new ones to the list; what stands in it is changed by nobody.
#[test]
fn a_code_that_was_published_stays_and_means_what_it_meant() {
    let path = repository().join(CODES);
    let kept = fs::read_to_string(&path).unwrap();
    let told: BTreeSet<String> =
        Code::ALL.iter().map(|code| format!("{code}: {}", code.about())).collect();
    let mut known: BTreeSet<String> = kept.lines().map(str::to_owned).collect();
    let gone: Vec<_> = known.difference(&told).collect();
    assert!(gone.is_empty(), "these are gone, renamed, or mean something else now: {gone:#?}");
    if env::var_os("UPDATE_GOLDEN").is_some_and(|set| set == "1") {
        known.extend(told.iter().cloned());
        let lines: String = known.iter().map(|line| format!("{line}\n")).collect();
        fs::write(&path, lines).unwrap();
    }
    let new: Vec<_> = told.difference(&known).collect();
    assert!(new.is_empty(), "{CODES} lacks these; UPDATE_GOLDEN=1 adds them: {new:#?}");
}
