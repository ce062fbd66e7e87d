//! One template from many: sections merged, clashes refused.

use super::engine::Source;
use super::error::SynthError;
use serde_json::{Map, Value};

/// A template that grows.
#[derive(Debug, Default)]
pub(super) struct Sections(pub(super) Map<String, Value>);

impl Sections {
    /// Adds what a template of the tool renders to.
    pub(super) fn merge(
        &mut self,
        source: Source<'_>,
        part: Map<String, Value>,
    ) -> Result<(), SynthError> {
        self.merge_written(source, part).into_iter().next().map_or(Ok(()), Err)
    }

    /// Adds what a plugin's own template renders to; answers every clash.
    pub(super) fn merge_written(
        &mut self,
        source: Source<'_>,
        part: Map<String, Value>,
    ) -> Vec<SynthError> {
        let sections = part.into_iter();
        sections.flat_map(|(name, section)| self.section(source, &name, section)).collect()
    }

    fn section(&mut self, source: Source<'_>, name: &str, section: Value) -> Vec<SynthError> {
        let Value::Object(entries) = section else {
            self.0.insert(name.to_owned(), section);
            return Vec::new();
        };
        let slot = self.0.entry(name).or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(known) = slot else { return Vec::new() };
        let mut clashes = Vec::new();
        for (id, entry) in entries {
            if known.contains_key(&id) {
                let place = source.place(line_of(source.text, &id));
                clashes.push(SynthError::Clash { place, section: name.to_owned(), id });
            } else {
                known.insert(id, entry);
            }
        }
        clashes
    }
}

/// The first line that has the key; 0 where a placeholder writes it.
fn line_of(text: &str, key: &str) -> usize {
    let quoted = Value::from(key).to_string();
    text.lines().position(|line| line.contains(&quoted)).map_or(0, |at| at + 1)
}
