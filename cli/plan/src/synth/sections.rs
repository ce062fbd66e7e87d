//! One template from many: sections merged, clashes refused.

use super::engine::Source;
use super::error::SynthError;
use serde_json::{Map, Value};

/// A template that grows.
#[derive(Debug, Default)]
pub(super) struct Sections(pub(super) Map<String, Value>);

impl Sections {
    /// Adds what a template renders to.
    pub(super) fn merge(
        &mut self,
        source: Source<'_>,
        part: Map<String, Value>,
    ) -> Result<(), SynthError> {
        part.into_iter().try_for_each(|(name, section)| self.section(source, name, section))
    }

    fn section(
        &mut self,
        source: Source<'_>,
        name: String,
        section: Value,
    ) -> Result<(), SynthError> {
        let Value::Object(entries) = section else {
            self.0.insert(name, section);
            return Ok(());
        };
        let slot = self.0.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(known) = slot else { return Ok(()) };
        for (id, entry) in entries {
            if known.contains_key(&id) {
                let place = source.place(line_of(source.text, &id));
                return Err(SynthError::Clash { place, section: name, id });
            }
            known.insert(id, entry);
        }
        Ok(())
    }
}

/// The first line that has the key; 0 where a placeholder writes it.
fn line_of(text: &str, key: &str) -> usize {
    let quoted = Value::from(key).to_string();
    text.lines().position(|line| line.contains(&quoted)).map_or(0, |at| at + 1)
}
