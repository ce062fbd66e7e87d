//! Properties that a type has not, or takes otherwise.

use super::{Explained, between, until};
use scheduler_plan::nearest::nearest;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a schema finds wrong at one place.
struct Fault<'a> {
    /// `Rules.0`; empty for the resource itself.
    path: String,
    /// The schema's words.
    said: &'a str,
}

/// A type -> its properties, at any depth.
static KNOWN: LazyLock<BTreeMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let lines = include_str!("properties.txt").lines().filter(|line| !line.starts_with('#'));
    let words = lines.map(|line| line.split(' '));
    words.filter_map(|mut words| Some((words.next()?, words.collect()))).collect()
});

/// `Properties validation failed for resource ...`, `Model validation failed (...)`, or only what
/// stands in them: `#/Path: fault`, one or more.
pub(super) fn invalid(text: &str, kind: Option<&str>) -> Option<Explained> {
    let faults = faults(text);
    if faults.is_empty() {
        return None;
    }
    let told: Vec<_> = faults.iter().map(Fault::told).collect();
    let meant = faults.iter().filter_map(|fault| meant(fault.unknown()?, kind?));
    let meant: Vec<_> = meant.map(|name| format!("`{name}`")).collect();
    let hint = match (meant.is_empty(), kind) {
        (false, _) => format!("did you mean {}?", meant.join(", ")),
        (true, Some(kind)) => format!("look the property up in AWS's reference of `{kind}`"),
        (true, None) => "look the property up in AWS's reference of the resource's type".to_owned(),
    };
    Some(Explained::new(told.join("; "), hint))
}

fn meant(found: &str, kind: &str) -> Option<&'static str> {
    nearest(found, KNOWN.get(kind)?)
}

/// The property that a sentence names.
pub(super) fn named(text: &str) -> Option<&str> {
    let unknown = between(text, ("extraneous key [", "]"));
    unknown.or_else(|| {
        let pointer = until(pieces(text).next()?, &[':']).trim_end();
        let names = pointer.rsplit('/').filter(|name| !name.is_empty());
        names.into_iter().find(|name| name.parse::<usize>().is_err() && *name != "#")
    })
}

fn faults(text: &str) -> Vec<Fault<'_>> {
    let all = pieces(text).filter_map(|piece| {
        let (pointer, mut said) = piece.split_once(':')?;
        let path = pointer.trim_start_matches(['#', '/']).replace('/', ".");
        // An outer fault comes as `#: #: 1 subschema matches`.
        while let Some(inner) = said.trim().strip_prefix("#:") {
            said = inner;
        }
        let said = bare(said);
        (!said.is_empty()).then_some(Fault { path, said })
    });
    let mut all: Vec<_> = all.collect();
    all.dedup_by(|one, other| one.path == other.path && one.said == other.said);
    all
}

/// Without what only separates it from the next, or closes a bracket around all of them.
fn bare(said: &str) -> &str {
    let said = said.trim().trim_end_matches([',', ';']);
    [('(', ')'), ('[', ']')].into_iter().fold(said, |said, (open, close)| {
        said.strip_suffix(close).filter(|_| !said.contains(open)).unwrap_or(said)
    })
}

/// Each `#/Path: fault` by itself.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let starts = text.match_indices('#').map(|(at, _)| at).filter(|at| is_start(text, *at));
    let starts: Vec<_> = starts.collect();
    let ends = starts.clone().into_iter().skip(1).chain([text.len()]);
    starts.into_iter().zip(ends).map(|(from, to)| text.get(from..to).unwrap_or_default().trim())
}

/// A `#` that begins a pointer: at a begin of a line, a sentence or a bracket.
fn is_start(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let opens = before.is_empty() || before.ends_with(['\n', '(', '[', ',', ';', ' ']);
    let nested = before.trim_end().ends_with("#:");
    let after = text.get(at + 1..).unwrap_or_default();
    opens && !nested && after.starts_with(['/', ':'])
}

impl Fault<'_> {
    fn unknown(&self) -> Option<&str> {
        between(self.said, ("extraneous key [", "]"))
    }

    fn told(&self) -> String {
        match (self.unknown(), self.path.as_str()) {
            (Some(key), "") => format!("there is no property `{key}`"),
            (Some(key), path) => format!("there is no property `{key}` in `{path}`"),
            (None, "") => format!("it is not as its type wants it: {}", self.said),
            (None, path) => format!("`{path}` is not as its type wants it: {}", self.said),
        }
    }
}
