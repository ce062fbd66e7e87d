//! A type's own schema as written, and where each part of it stands.

use super::places::offset;
use crate::document::Document;
use crate::problem::Place;
use serde_json::Value;

/// A type's own schema.
#[derive(Debug, Clone)]
pub(crate) struct OwnSchema<'a> {
    /// What it says.
    pub(super) value: Value,
    home: Home<'a>,
}

/// Where a schema is written.
#[derive(Debug, Clone)]
enum Home<'a> {
    /// In a manifest, under these keys.
    Manifest { document: &'a Document, keys: Vec<&'a str> },
    /// In a file of its own.
    File { path: String, text: &'a str },
}

impl<'a> OwnSchema<'a> {
    /// Written in a manifest, under these keys.
    pub(crate) fn inline(value: Value, document: &'a Document, keys: &[&'a str]) -> Self {
        Self { value, home: Home::Manifest { document, keys: keys.to_vec() } }
    }

    /// In a file of its own, whose text is the value.
    pub(crate) fn file(value: Value, path: &str, text: &'a str) -> Self {
        Self { value, home: Home::File { path: path.into(), text } }
    }

    /// The place of what a path of keys and indices leads to, or of the nearest above that exists.
    pub(super) fn at(&self, path: &[&str]) -> Place {
        let path = [&self.begin(path), path].concat();
        match &self.home {
            Home::Manifest { document, keys } if path.is_empty() => document.value(keys),
            Home::Manifest { document, keys } => document.key(&[keys, path.as_slice()].concat()),
            Home::File { path: file, text } => offset(text, &path)
                .map_or_else(|| Place::file(file), |at| Place::at(file, text, at)),
        }
    }

    /// Where the schema is a reference to one of its definitions, its fields stand there.
    fn begin(&self, path: &[&str]) -> Vec<&str> {
        let written = path.first().is_none_or(|first| self.value.get(first).is_some());
        let name = self.value["$ref"].as_str().and_then(|target| target.strip_prefix("#/$defs/"));
        match name {
            Some(name) if !written => vec!["$defs", name],
            _ => Vec::new(),
        }
    }
}
