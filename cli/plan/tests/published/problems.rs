//! `docs/problems.md`.

use scheduler_plan::code::Code;
use scheduler_plan::explain::page;
use std::fmt::Write;

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
