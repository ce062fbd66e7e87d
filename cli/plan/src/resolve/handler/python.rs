//! The names at the top level of a Python module.

use super::Names;

/// What a look at the lines finds. A name in a text of several lines counts too: that lets a
/// mistake pass, and never refuses what is right.
pub(super) fn names(text: &str) -> Names {
    let mut names = Names { open: text.contains("globals()"), ..Names::default() };
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
        for text in ["from a import *\n", "def __getattr__(name): ...\n", "globals()['x'] = 1\n"] {
            assert!(names(text).open, "{text}");
        }
    }
}
