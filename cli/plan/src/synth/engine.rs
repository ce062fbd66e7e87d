//! The template engine: its delimiters, and where an error of it stands.

use super::error::SynthError;
use super::templates::embedded;
use super::{json, lines, stack};
use crate::problem::Place;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value as Context};
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// What opens a tag, a placeholder, a comment. The usual braces would clash with JSON and with
/// `{{resolve:ssm:...}}`.
pub(super) const OPENING: [&str; 3] = ["<%", "<<", "<#"];
/// What closes them.
pub(super) const CLOSING: [&str; 3] = ["%>", ">>", "#>"];

/// Steps of the engine that one template may take; the root of 300 plugins takes some 100,000. A
/// loop within a loop over 100,000 numbers would otherwise never end.
const STEPS: u64 = 5_000_000;

/// A template's text and where it lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    /// For messages.
    pub(super) path: &'a str,
    /// The template.
    pub(super) text: &'a str,
}

impl Source<'_> {
    /// A line of the template, as a place.
    pub(super) fn place(&self, line: usize) -> Place {
        match line {
            0 => Place::file(self.path),
            line => Place { path: self.path.to_owned(), line, column: 1 },
        }
    }

    /// An error at a place of the template.
    pub(super) fn error(place: Place, what: impl Into<String>) -> SynthError {
        SynthError::Template { place, what: what.into(), hint: None }
    }
}

/// Renders a template, and reads what it renders as a JSON object.
pub(super) fn render<C: Serialize>(
    source: Source<'_>,
    context: &C,
) -> Result<Map<String, Value>, SynthError> {
    let context = Context::from(Serde(context));
    let text = rendered(source, &context).map_err(|error| render_error(source, &error))?;
    object(source, &text, context)
}

/// What a template renders to.
pub(super) fn rendered(source: Source<'_>, context: &Context) -> Result<String, Error> {
    match ENVIRONMENT.get_template(source.path) {
        Ok(template) if template.source() == source.text => template.render(context.clone()),
        _ => stack::render(&ENVIRONMENT, (source.path, source.text), context.clone()),
    }
}

/// What it renders to as a JSON object.
pub(super) fn object(
    source: Source<'_>,
    text: &str,
    context: Context,
) -> Result<Map<String, Value>, SynthError> {
    match json::parse(text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Source::error(source.place(1), "a template is one JSON object")),
        Err(_) => Err(json_error(source, context)),
    }
}

/// One for all: the tool's own templates are parsed once, not again for every plugin.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    // It fails for delimiters that are empty or alike, and these are not.
    environment.set_syntax(syntax().unwrap_or_default());
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Json);
    environment.set_debug(true);
    environment.set_fuel(Some(STEPS));
    for source in embedded::ALL {
        // One that does not parse says so when it is rendered.
        environment.add_template(source.path, source.text).ok();
    }
    environment
});

fn syntax() -> Result<SyntaxConfig, Error> {
    SyntaxConfig::builder()
        .block_delimiters(OPENING[0], CLOSING[0])
        .variable_delimiters(OPENING[1], CLOSING[1])
        .comment_delimiters(OPENING[2], CLOSING[2])
        .build()
}

/// Why a template does not render, where the engine stood.
pub(super) fn render_error(source: Source<'_>, error: &Error) -> SynthError {
    let what = match error.kind() {
        ErrorKind::OutOfFuel => {
            format!("it goes on for more than {STEPS} steps; shorten its loops")
        }
        kind => error.detail().map_or_else(|| kind.to_string(), str::to_owned),
    };
    let line = error.line().unwrap_or(0);
    let place = error.range().map(|range| Place::at(source.path, source.text, range.start));
    let place = place.filter(|place| place.line == line);
    Source::error(place.unwrap_or_else(|| source.place(line)), what)
}

/// Renders again with marks, since the line of the output is not the template's.
fn json_error(source: Source<'_>, context: Context) -> SynthError {
    let marked = lines::marked(source.text);
    let output = stack::render(&ENVIRONMENT, (source.path, &marked), context).unwrap_or_default();
    let (text, numbers) = lines::unmarked(&output);
    let Err(error) = json::parse(&text) else {
        return Source::error(source.place(0), "what it renders is no JSON");
    };
    let at = error.line().saturating_sub(1);
    let line = numbers.iter().skip(at).chain(numbers.iter().take(at).rev());
    let line = line.copied().find(|line| *line > 0).unwrap_or(0);
    let why = sentence(&error);
    let mut place = source.place(line);
    if numbers.get(at) == Some(&line) {
        let rendered = text.split('\n').nth(at).unwrap_or_default();
        place.column = column(source, line, rendered.get(..error.column().saturating_sub(1)), &why);
    }
    let what = format!("what it renders is no valid JSON: {why}");
    let hint = match why.ends_with("stands twice") {
        true => "remove one of them, or give it a name of its own",
        false => {
            "a placeholder is a whole JSON value, without quotes around it; commas stand between \
             entries, and none after the last"
        }
    };
    SynthError::Template { place, what, hint: Some(hint.to_owned()) }
}

/// The column of a mistake in the template's line, by what was rendered of the line before it: they
/// are the same up to the first placeholder. A name that stands twice begins before its quotes.
fn column(source: Source<'_>, line: usize, before: Option<&str>, why: &str) -> usize {
    let written = source.text.split('\n').nth(line.saturating_sub(1)).unwrap_or_default();
    let Some(before) = before.filter(|before| written.starts_with(before)) else { return 1 };
    let name = why.strip_prefix('`').and_then(|rest| rest.split_once("` stands twice"));
    let begin = name.and_then(|(name, _)| before.rfind(&format!("\"{name}")));
    before.get(..begin.unwrap_or(before.len())).unwrap_or_default().chars().count() + 1
}

/// serde_json's sentence without the output's line.
fn sentence(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(text: &str) -> Result<Map<String, Value>, String> {
        let source = Source { path: "t.json.j2", text };
        render(source, &json!({ "names": ["a", "b\"<>&'{}"] })).map_err(|error| error.to_string())
    }

    #[test]
    fn a_placeholder_is_a_whole_json_value() {
        let map = of(
            r#"{<% for n in names %><< n >>: << names >>,<% endfor %> "ssm": "{{resolve:ssm:/x}}"}"#,
        );
        let map = Value::Object(map.unwrap());
        assert_eq!(map["b\"<>&'{}"], json!(["a", "b\"<>&'{}"]));
        assert_eq!(map["ssm"], "{{resolve:ssm:/x}}");
    }

    #[test]
    fn what_is_not_defined_is_told_with_its_line() {
        let error = of("{\n  \"a\": << nam >>\n}").unwrap_err();
        assert_eq!(error, "t.json.j2:2:11: `nam` is undefined");
    }

    #[test]
    fn a_loop_that_does_not_end_is_told_with_its_line() {
        let error = of(
            "{\n<% for i in range(90000) %><% for j in range(90000) %><% endfor %><% endfor %>}",
        );
        assert_eq!(
            error.unwrap_err(),
            "t.json.j2:2:40: it goes on for more than 5000000 steps; shorten its loops"
        );
    }

    #[test]
    fn broken_json_is_told_with_the_templates_line_past_a_loop() {
        let text = "{\n<% for n in names %>\n  << n >>:\n    1,\n<% endfor %>\n  \"c\" 2\n}";
        let error = of(text).unwrap_err();
        assert_eq!(error, "t.json.j2:6:7: what it renders is no valid JSON: expected `:`");
    }

    #[test]
    fn a_key_that_stands_twice_and_a_list_are_refused() {
        let error = of("{\n\"a\": 1,\n\"a\": 2\n}").unwrap_err();
        assert_eq!(error, "t.json.j2:3:1: what it renders is no valid JSON: `a` stands twice");
        assert_eq!(of("[]").unwrap_err(), "t.json.j2:1:1: a template is one JSON object");
    }
}
