//! A TOML file as a tree with places: which line and column a key or a value stands at.
//!
//! In: the file's text. Out: a [`Document`] and its syntax errors. Deliberately absent: what the
//! file may say (`shape`) and what it means (`resolve`).

use crate::code::Code;
use crate::problem::{Place, Problem};
use serde_json::{Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What the reader of TOML calls a key, or a header, that is there already.
const DUPLICATE: &str = "duplicate key";

/// A parsed TOML file.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    path: String,
    text: String,
    /// The byte offset of each line's begin.
    lines: Vec<usize>,
    /// Whether the text could be read to its end.
    pub whole: bool,
    /// The top table.
    pub root: Node,
}

/// A value and the byte that it begins at.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Byte offset in the text.
    pub at: usize,
    /// What stands there.
    pub value: NodeValue,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeValue {
    /// A string, a number, a boolean, or a date as text.
    Scalar(Value),
    /// An array.
    List(Vec<Node>),
    /// A table.
    Table(Vec<Entry>),
}

/// A key of a table and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The key's byte offset in the text.
    pub at: usize,
    /// The value.
    pub node: Node,
}

impl Node {
    /// The entries of a table; none where it is something else.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            NodeValue::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The value as JSON, places forgotten.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.value {
            NodeValue::Scalar(value) => value.clone(),
            NodeValue::List(items) => items.iter().map(Self::to_json).collect(),
            NodeValue::Table(entries) => {
                let pairs = entries.iter().map(|entry| (entry.key.clone(), entry.node.to_json()));
                Value::Object(pairs.collect())
            }
        }
    }
}

impl Document {
    /// Parses a file. Where the syntax is wrong, that is all there is to say about it: what the
    /// rest means is guesswork, and the document is empty.
    #[must_use]
    pub fn parse(path: &str, text: &str) -> (Self, Vec<Problem>) {
        // A byte order mark is no character of the file.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (root, errors) = DeTable::parse_recoverable(text);
        let problems = syntax_problems(path, text, &errors);
        let whole = problems.is_empty();
        let value = if whole { table(root.get_ref()) } else { NodeValue::Table(Vec::new()) };
        let root = Node { at: 0, value };
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(ends).collect();

        (Self { path: path.into(), text: text.into(), lines, whole, root }, problems)
    }

    /// The file, relative to the project.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The schema that the first line names to editors (`#:schema PATH`).
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.text.lines().next()?.strip_prefix("#:schema ").map(str::trim)
    }

    /// The place of a byte offset.
    #[must_use]
    pub fn at(&self, offset: usize) -> Place {
        let line = self.lines.partition_point(|begin| *begin <= offset);
        let begin = self.lines.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let before = self.text.get(begin..offset).unwrap_or_default();
        Place { path: self.path.clone(), line, column: before.chars().count() + 1 }
    }

    /// The place of the value under a path of keys, or of the nearest one above that exists. A
    /// number in the path picks from an array.
    #[must_use]
    pub fn value(&self, keys: &[&str]) -> Place {
        self.place(keys, |_, node| node.at)
    }

    /// The place of the last key of a path, or of the nearest one above that exists.
    #[must_use]
    pub fn key(&self, keys: &[&str]) -> Place {
        self.place(keys, |key, _| key)
    }

    /// Whether anything stands under a path of keys, right or wrong.
    #[must_use]
    pub fn has(&self, keys: &[&str]) -> bool {
        self.node(keys).is_some()
    }

    /// What stands under a path of keys, right or wrong.
    #[must_use]
    pub fn node(&self, keys: &[&str]) -> Option<&Node> {
        let step = |node, name: &&str| child(node, name).map(|(_, inner)| inner);
        keys.iter().try_fold(&self.root, step)
    }

    fn place(&self, keys: &[&str], pick: impl Fn(usize, &Node) -> usize) -> Place {
        let mut node = &self.root;
        let mut found = None;
        for name in keys {
            let Some((at, inner)) = child(node, name) else {
                break;
            };
            found = Some(pick(at, inner));
            node = inner;
        }
        found.map_or_else(|| Place::file(&self.path), |offset| self.at(offset))
    }
}

/// One a line: a second one there is most often an echo of the first.
fn syntax_problems(path: &str, text: &str, errors: &[toml::de::Error]) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for error in errors {
        let problem = syntax_problem(path, text, error);
        if problems.iter().all(|told| told.place.line != problem.place.line) {
            problems.push(problem);
        }
    }
    problems
}

fn syntax_problem(path: &str, text: &str, error: &toml::de::Error) -> Problem {
    let span = error.span().unwrap_or(text.len()..text.len());
    let place = Place::at(path, text, span.start);
    let what = error.message().trim_end_matches('.');
    let key = text.get(span).filter(|_| what == DUPLICATE);
    match key.map(|key| key.trim_matches(['"', '\''])) {
        Some(key) => {
            let what = format!("the key `{key}` stands twice in one table");
            Problem::error(Code::DuplicateKey, place, what).hint("remove one, or join them")
        }
        None => Problem::error(Code::SyntaxError, place, what),
    }
}

fn child<'a>(node: &'a Node, name: &str) -> Option<(usize, &'a Node)> {
    match &node.value {
        NodeValue::Table(entries) => {
            entries.iter().find(|entry| entry.key == name).map(|entry| (entry.at, &entry.node))
        }
        NodeValue::List(items) => {
            name.parse().ok().and_then(|nth: usize| items.get(nth)).map(|item| (item.at, item))
        }
        NodeValue::Scalar(_) => None,
    }
}

fn table(table: &DeTable<'_>) -> NodeValue {
    let entries = table.iter().map(|(key, value)| Entry {
        key: key.get_ref().to_string(),
        at: key.span().start,
        node: node(value),
    });
    NodeValue::Table(entries.collect())
}

fn node(value: &Spanned<DeValue<'_>>) -> Node {
    let inner = match value.get_ref() {
        DeValue::String(text) => NodeValue::Scalar(Value::from(text.as_ref())),
        DeValue::Integer(integer) => NodeValue::Scalar(Value::Number(
            i64::from_str_radix(integer.as_str(), integer.radix())
                .map_or_else(|_| Number::from_string_unchecked(integer.to_string()), Number::from),
        )),
        DeValue::Float(float) => NodeValue::Scalar(
            float
                .as_str()
                .parse()
                .ok()
                .and_then(Number::from_f64)
                .map_or_else(|| Value::from(float.to_string()), Value::Number),
        ),
        DeValue::Boolean(flag) => NodeValue::Scalar(Value::from(*flag)),
        DeValue::Datetime(time) => NodeValue::Scalar(Value::from(time.to_string())),
        DeValue::Array(items) => NodeValue::List(items.iter().map(node).collect()),
        DeValue::Table(entries) => table(entries),
    };
    Node { at: value.span().start, value: inner }
}
