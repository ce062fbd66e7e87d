//! The names that a JavaScript module exports.

use super::Names;
use crate::app::ModuleFormat;

/// What a look at the words finds. A name in a comment or in a text counts too: that lets a
/// mistake pass, and never refuses what is right.
pub(super) fn names(text: &str, format: ModuleFormat) -> Names {
    let mut names = Names::default();
    for (word, after) in words(text) {
        let after = after.trim_start();
        match (format, word) {
            (ModuleFormat::Es, "export") => exported(after, &mut names),
            (ModuleFormat::CommonJs, "exports") => assigned(after, &mut names),
            (ModuleFormat::CommonJs, "module") => {
                names.open |= after.starts_with(['[', ',', ')', '=', ';', '}']);
            }
            // At the top level it is `exports`.
            (ModuleFormat::CommonJs, "this") => names.member(after),
            _ => {}
        }
    }
    names
}

/// The names of a module that is bundled, of either kind.
pub(super) fn names_of_either(text: &str) -> Names {
    let (mut names, common) = (names(text, ModuleFormat::Es), names(text, ModuleFormat::CommonJs));
    names.known.extend(common.known);
    names.open |= common.open;
    names
}

/// Whether the text can only be an ES module: it imports or exports at the top level, and does
/// nothing that a CommonJS module does.
pub(super) fn is_es(text: &str) -> bool {
    let statement = |line: &str| {
        let rest = line.strip_prefix("export").or_else(|| line.strip_prefix("import"));
        rest.is_some_and(|rest| rest.starts_with([' ', '{', '*', '"', '\'']))
    };
    let common = ["exports", "module", "require"];
    text.lines().any(statement) && !words(text).any(|(word, _)| common.contains(&word))
}

/// Each word, and the text after it.
fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let word = first_word(rest)?;
        rest = word.1;
        Some(word)
    })
}

fn first_word(text: &str) -> Option<(&str, &str)> {
    let (_, from) = text.split_at(text.find(is_of_name)?);
    let end = from.find(|c| !is_of_name(c)).unwrap_or(from.len());
    Some(from.split_at(end))
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// What stands after `export`.
fn exported(after: &str, names: &mut Names) {
    if let Some(list) = after.strip_prefix('{') {
        return listed(list, names);
    }
    if let Some(rest) = after.strip_prefix('*') {
        let mut words = words(rest);
        return match (words.next(), words.next()) {
            (Some(("as", _)), Some((name, _))) => names.export(name),
            _ => names.open = true,
        };
    }
    let Some((word, rest)) = first_word(after).filter(|_| after.starts_with(is_of_name)) else {
        return;
    };
    match word {
        "default" => names.export(word),
        "async" => {
            let mut words = words(rest);
            if let (Some(("function", _)), Some((name, _))) = (words.next(), words.next()) {
                names.export(name);
            }
        }
        "function" | "class" => {
            if let Some((name, _)) = first_word(rest) {
                names.export(name);
            }
        }
        "const" | "let" | "var" => declared(rest.trim_start(), names),
        _ => {}
    }
}

/// `a, b as c }`.
fn listed(list: &str, names: &mut Names) {
    let list = list.split('}').next().unwrap_or_default();
    for one in list.split(',') {
        // With a comment in it, it cannot be told which word is the name.
        let all = one.contains('/');
        let last = words(one).map(|(word, _)| word).last();
        match last {
            Some(name) if !all => names.export(name),
            _ => words(one).for_each(|(word, _)| names.export(word)),
        }
    }
}

/// `a = ...` and `a = 1, b = 2`.
fn declared(rest: &str, names: &mut Names) {
    let line = rest.lines().next().unwrap_or_default().trim_end();
    names.open |= line.starts_with(['{', '[']) || line.ends_with(',');
    for (nth, one) in line.split(',').enumerate() {
        let Some((name, rest)) = first_word(one) else { continue };
        let rest = rest.trim_start();
        let ends = rest.is_empty() || rest.starts_with(';');
        let is_set = rest.starts_with('=') && !rest.starts_with("=>") && !rest.starts_with("==");
        if nth == 0 || ends || is_set {
            names.export(name);
        }
    }
}

/// What stands after `exports`.
fn assigned(after: &str, names: &mut Names) {
    let mut characters = after.chars();
    match (characters.next(), characters.next()) {
        (Some('.'), _) => names.member(after),
        (Some('['), _) => names.quoted(&after[1..]),
        // `Object.defineProperty(exports, "name", ...)`
        (Some(','), _) => names.quoted(&after[1..]),
        // A comparison, or the word in a text.
        (Some('='), Some('=')) | (Some('!' | '"' | '\'' | '`'), _) => {}
        (Some('='), _) => replaced(after[1..].trim_start(), names),
        // By another name, or in another place, it can get anything.
        _ => names.open = true,
    }
}

/// `{ a, b: c }`, in the place of all of `exports`.
fn replaced(value: &str, names: &mut Names) {
    let Some(object) = value.strip_prefix('{') else {
        // `module.exports = exports = ...` says the rest itself.
        names.open |= !matches!(first_word(value), Some(("exports" | "module", _)));
        return;
    };
    let body = object.split('}').next().unwrap_or_default();
    names.open |= body.contains(['{', '(', '[', '"', '\'', '`', '.', '/']);
    for one in body.split(',') {
        if let Some((name, _)) = first_word(one) {
            names.export(name);
        }
    }
}

impl Names {
    fn export(&mut self, name: &str) {
        self.known.insert(name.to_owned());
    }

    /// `.name`
    fn member(&mut self, after: &str) {
        if let Some((name, _)) = after.strip_prefix('.').and_then(first_word) {
            self.export(name);
        }
    }

    /// `"name"`, or something that only a run would tell.
    fn quoted(&mut self, after: &str) {
        let text = after.trim_start().strip_prefix(['"', '\'']);
        match text.and_then(first_word) {
            Some((name, _)) => self.export(name),
            None => self.open = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str, format: ModuleFormat) -> Vec<String> {
        let names = names(text, format);
        assert!(!names.open, "{text}");
        names.known.into_iter().collect()
    }

    fn es(text: &str) -> Vec<String> {
        known(text, ModuleFormat::Es)
    }

    fn common(text: &str) -> Vec<String> {
        known(text, ModuleFormat::CommonJs)
    }

    #[test]
    fn every_form_of_export_is_seen() {
        let text = "import a from 'a';\nexport async function b(event) {}\nexport function* c() {}\n\
                    export const d = async (event, context) => {\n  const inner = 1;\n};\nexport let e = 1, f;\n\
                    export class G {}\nconst h = 1, i = 2;\nexport { h, i as j };\n\
                    export { k } from './k.mjs';\nexport * as l from './l.mjs';\nexport default b;\n";
        let expected = ["G", "b", "c", "d", "default", "e", "f", "h", "j", "k", "l"];
        assert_eq!(es(text), expected);
        assert_eq!(es("var a=1;export{a as handler};"), ["handler"]);
    }

    #[test]
    fn every_form_of_commonjs_is_seen() {
        let text = "'use strict';\nconst a = require('a');\nexports.b = async () => {};\n\
                    module.exports.c = function () {};\nexports['d'] = 1;\n\
                    Object.defineProperty(exports, \"__esModule\", { value: true });\n\
                    exports.e = exports.f = void 0;\nthis.g = 1;\nfunction h() {}\n";
        assert_eq!(common(text), ["__esModule", "b", "c", "d", "e", "f", "g"]);
        assert_eq!(common("module.exports = { a, b: c };"), ["a", "b"]);
        assert_eq!(common("module.exports = exports = { a };"), ["a"]);
        assert_eq!(common("if (typeof exports === 'object') { run(); }"), [""; 0]);
    }

    #[test]
    fn a_module_that_exports_what_cannot_be_seen_is_open() {
        for text in [
            "export * from './other.mjs';",
            "export const { a, b } = jobs;",
            "export const a = 1,\n  b = 2;",
        ] {
            assert!(names(text, ModuleFormat::Es).open, "{text}");
        }
        for text in [
            "module.exports = require('./other');",
            "module.exports = __toCommonJS(x);",
            "module.exports = { a: () => { return { b: 1 }; }, c };",
            "module.exports = { ...others };",
            "Object.assign(exports, others);",
            "__exportStar(require('./other'), exports);",
            "exports[name] = 1;",
            "(function (e) { e.a = 1; })(exports || {});",
            "define(module);",
            "const all = module.exports;\nall.a = 1;",
            "const all = exports\nall.a = 1",
        ] {
            assert!(names(text, ModuleFormat::CommonJs).open, "{text}");
        }
    }

    #[test]
    fn one_kind_of_module_is_told_from_the_other() {
        for text in ["export const a = 1;", "import a from 'a';\nexport{a};", "import 'a';\n"] {
            assert!(is_es(text), "{text}");
        }
        for text in [
            "exports.a = 1;",
            "const a = require('a');\nconst text = `\nexport const b = 1;\n`;",
            "// export const a = 1;\n",
            "import('a').then(run);",
        ] {
            assert!(!is_es(text), "{text}");
        }
    }
}
