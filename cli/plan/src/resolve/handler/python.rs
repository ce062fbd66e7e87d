//! The names at the top level of a Python module.

use super::Names;

/// What a look at the lines finds. A name in a text of several lines counts too: that lets a
/// mistake pass, and never refuses what is right.
pub(super) fn names(text: &str) -> Names {
    let text = text.trim_start_matches('\u{feff}');
    let open = UNSEEN.iter().any(|way| text.contains(way));
    let mut names = Names { open, ..Names::default() };
    // Of a definition, or of an import in parentheses, that the last lines were part of.
    let (mut in_definition, mut in_import) = (false, false);
    for line in text.lines() {
        let code = line.split('#').next().unwrap_or_default().trim_end();
        if code.is_empty() {
            continue;
        }
        if in_import {
            imported(code, &mut names);
            in_import = !code.contains(')');
            continue;
        }
        let indented = code.starts_with([' ', '\t']);
        if indented && in_definition {
            continue;
        }
        let code = code.trim_start();
        names.open |= is_unclear(code);
        let defined = definition(code);
        if !indented {
            in_definition = defined.is_some();
        }
        match (defined, code.split_once(" import ")) {
            (Some(name), _) => names.add(name),
            (None, Some((from, what))) if from.starts_with("from ") => {
                imported(what, &mut names);
                in_import = what.contains('(') && !what.contains(')');
            }
            (None, _) => match code.strip_prefix("import ") {
                Some(what) => imported(what, &mut names),
                None => assigned(code, &mut names),
            },
        }
    }
    names
}

/// Ways to define a name that no line shows.
const UNSEEN: &[&str] = &["globals()", "locals()", "vars()", "setattr(", "exec(", "global ", ":="];
/// What may have its block on the same line.
const HEADS: &[&str] =
    &["if ", "elif ", "else:", "try:", "except", "finally:", "for ", "while ", "with ", "case "];

/// Whether a line may define more than [`assigned`] and [`imported`] find in it.
fn is_unclear(code: &str) -> bool {
    let begins = |heads: &[&str]| heads.iter().any(|head| code.starts_with(head));
    let left = code.split_once('=').map_or("", |(left, _)| left);
    code.ends_with('\\')
        || code.contains(';')
        || code.contains(" import(")
        || code.starts_with(['(', '[', '*'])
        || [", *", ", (", ", ["].iter().any(|target| left.contains(target))
        || begins(&["for ", "async for ", "with ", "async with ", "case "])
        || (begins(HEADS) && !code.ends_with(':'))
}

/// The name that a `def` or a `class` defines.
fn definition(code: &str) -> Option<&str> {
    let code = code.strip_prefix("async ").map_or(code, str::trim_start);
    let rest = code.strip_prefix("def ").or_else(|| code.strip_prefix("class "))?;
    rest.trim_start().split(|c| !is_of_name(c)).next()
}

/// `a, b as c`, with or without parentheses.
fn imported(what: &str, names: &mut Names) {
    for one in what.split([',', '(', ')']) {
        match one.trim() {
            "*" => names.open = true,
            one => names.add(one.rsplit(" as ").next().unwrap_or(one).trim()),
        }
    }
}

/// `a = ...`, `a: T = ...`, `a = b = ...` and `a, b = ...`.
fn assigned(code: &str, names: &mut Names) {
    let mut sides: Vec<&str> = code.split('=').collect();
    sides.pop();
    for side in sides {
        for target in side.split(',') {
            names.add(target.split(':').next().unwrap_or_default().trim());
        }
    }
}

impl Names {
    fn add(&mut self, name: &str) {
        if !name.is_empty() && name.chars().all(is_of_name) {
            self.open |= name == "__getattr__";
            self.known.insert(name.to_owned());
        }
    }
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str) -> Vec<String> {
        let names = names(text);
        assert!(!names.open, "{text}");
        names.known.into_iter().collect()
    }

    #[test]
    fn definitions_assignments_and_imports_are_seen() {
        let text = "import os, json as j\nfrom a import (\n    b,  # one\n    c as d,\n)\n\
                    from e import f\nx: int = 1\ny = z = 2\n@wrap(k=1)\ndef entry(event, context):\n\
                    \tinner = 1\n\n    def nested(): pass\nasync def later(): ...\nclass Job(Base):\n\
                    \x20   field = 1\n";
        let expected =
            ["Job", "b", "d", "entry", "f", "j", "later", "os", "x", "y", "z"].map(String::from);
        assert_eq!(known(text), expected);
    }

    #[test]
    fn what_a_condition_defines_is_of_the_top_level_too() {
        let text = "try:\n    from fast import entry\nexcept ImportError:\n    def entry(): pass\n";
        assert!(known(text).contains(&"entry".to_owned()));
    }

    #[test]
    fn a_call_and_a_comparison_define_nothing() {
        assert_eq!(known("run(entry=1)\n# entry = 1\nprint('x')\n"), [""; 0]);
    }

    #[test]
    fn a_module_that_defines_what_cannot_be_seen_is_open() {
        for text in [
            "from a import *\n",
            "def __getattr__(name): ...\n",
            "globals()['x'] = 1\n",
            "vars()['x'] = 1\n",
            "exec('x = 1')\n",
            "setattr(sys.modules[__name__], 'x', f)\n",
            "def late():\n    global x\n    x = f\n",
            "from os import \\\n    path as x\n",
            "from a import b, \\\n    x\n",
            "from os import(path as x)\n",
            "try: import ujson as x\nexcept ImportError: import json as x\n",
            "if 1: x = f\n",
            "y = 1; x = f\n",
            "(y,\n x) = 1, f\n",
            "[y, x] = 1, f\n",
            "y, *x = 1, f\n",
            "y, (z, x) = 1, (2, f)\n",
            "(x := f)\n",
            "for x in [f]:\n    pass\n",
            "with a as x:\n    pass\n",
        ] {
            assert!(names(text).open, "{text}");
        }
        assert_eq!(known("\u{feff}x = f\n"), ["x"]);
    }
}
