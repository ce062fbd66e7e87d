//! What a plugin's own template names between its delimiters, and what of it is not there.
//!
//! In: a template and its variables. Out: what it renders to, and every name that is not defined,
//! wherever it stands. The engine stops at the first one: that one is then given a stand-in, and
//! the template is rendered again.

use super::engine::{Source, object, render_error, rendered};
use super::error::SynthError;
use super::fragment::Variables;
use super::tags::tags;
use crate::nearest::{did_you_mean, list};
use crate::problem::Place;
use minijinja::value::Serde;
use minijinja::{Error, ErrorKind, Value as Context};
use serde_json::{Map, Value};
use std::ops::Range;

/// Stands for what is not defined. No logical id looks like it.
pub(super) const UNDEFINED: &str = "<undefined>";
/// So many names of one template are told at most.
const ROUNDS: usize = 100;

/// Variables that not every plugin has, and what they need.
const CONDITIONAL: [(&str, &str); 4] = [
    ("function_name", "the plugin has no function: it has no `[build]` and `[consumer]`"),
    ("code_s3_bucket", "the plugin has no function: it has no `[build]` and `[consumer]`"),
    ("code_s3_key", "the plugin has no function: it has no `[build]` and `[consumer]`"),
    ("state_bucket", "the plugin has no state: add `state = {}` to its `[consumer]`"),
];

/// What a template renders to.
#[derive(Debug, Default)]
pub(super) struct Rendered {
    /// As a JSON object; `None` where it is none.
    pub(super) map: Option<Map<String, Value>>,
    /// Every error.
    pub(super) errors: Vec<SynthError>,
}

/// Renders a template with the variables of a plugin.
pub(super) fn render(source: Source<'_>, variables: &Variables) -> Rendered {
    let mut names = match serde_json::to_value(variables) {
        Ok(Value::Object(names)) => names,
        _ => Map::new(),
    };
    let known = names.clone();
    let mut errors = Vec::new();
    for _ in 0..ROUNDS {
        let context = Context::from(Serde(&names));
        let error = match rendered(source, &context) {
            Ok(text) => return finished(source, (&text, context), errors),
            Err(error) => error,
        };
        let Some(name) = undefined(&error).filter(|name| !names.contains_key(*name)) else {
            // Past a stand-in, what else goes wrong is most often its fault.
            if errors.is_empty() {
                errors.push(render_error(source, &error));
            }
            break;
        };
        errors.extend(told(source, name, &error, &known));
        names.insert(name.to_owned(), Value::from(UNDEFINED));
    }
    Rendered { map: None, errors }
}

fn finished(
    source: Source<'_>,
    (text, context): (&str, Context),
    mut errors: Vec<SynthError>,
) -> Rendered {
    match object(source, text, context) {
        Ok(map) => Rendered { map: Some(map), errors },
        Err(error) => {
            if errors.is_empty() {
                errors.push(error);
            }
            Rendered { map: None, errors }
        }
    }
}

/// The name that was not there, where it is one by itself.
fn undefined(error: &Error) -> Option<&str> {
    let detail = error.detail().filter(|_| error.kind() == ErrorKind::UndefinedError)?;
    let (name, _) = detail.strip_prefix('`')?.split_once("` is undefined")?;
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_').then_some(name)
}

/// The name at each place where it stands.
fn told(
    source: Source<'_>,
    name: &str,
    error: &Error,
    known: &Map<String, Value>,
) -> Vec<SynthError> {
    let what = format!("`{name}` is undefined");
    let hint = Some(repair(name, known));
    let places: Vec<_> = mentions(source.text, name)
        .into_iter()
        .map(|at| Place::at(source.path, source.text, at))
        .collect();
    let places = match places.is_empty() {
        true => vec![source.place(error.line().unwrap_or(0))],
        false => places,
    };
    let all = places.into_iter();
    all.map(|place| SynthError::Template { place, what: what.clone(), hint: hint.clone() })
        .collect()
}

fn repair(name: &str, known: &Map<String, Value>) -> String {
    if let Some((_, why)) = CONDITIONAL.iter().find(|(conditional, _)| *conditional == name) {
        return (*why).to_owned();
    }
    let known: Vec<&str> = known.keys().map(String::as_str).collect();
    did_you_mean(name, &known).unwrap_or_else(|| format!("a template may use {}", list(&known)))
}

/// Where a name stands in the tags of a template: not in their texts, nor behind a dot.
fn mentions(text: &str, name: &str) -> Vec<usize> {
    let inside =
        |tag: Range<usize>| words(text.get(tag.clone()).unwrap_or_default(), name, tag.start);
    tags(text).flat_map(inside).collect()
}

fn words(tag: &str, name: &str, offset: usize) -> Vec<usize> {
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut quote, mut before) = (None, ' ');
    let mut found = Vec::new();
    for (at, letter) in tag.char_indices() {
        match quote {
            Some(open) if open == letter => quote = None,
            Some(_) => {}
            None if letter == '"' || letter == '\'' => quote = Some(letter),
            None => {
                let tail = tag.get(at..).unwrap_or_default();
                let begins = !is_of_word(before) && before != '.';
                let rest = tail.strip_prefix(name).filter(|_| begins);
                if rest.is_some_and(|rest| !rest.starts_with(is_of_word)) {
                    found.push(offset + at);
                }
            }
        }
        before = letter;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn a_name_is_found_where_it_is_one() {
        let text = "<# a #> a << a >> << b.a >> << 'a' ~ a >>\n<% if a and aa %><% endif %>";
        let found: Vec<_> = mentions(text, "a").iter().map(|at| &text[*at..at + 4]).collect();
        assert_eq!(found, ["a >>", "a >>", "a an"]);
    }
}
