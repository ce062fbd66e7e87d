//! Everything that was read from disk, and what has to be read.
//!
//! `load` (in the tool) fills a [`Sources`]; it asks [`wanted_by_app`] and [`wanted_by_plugin`]
//! which files a manifest names, so that the core decides and the rim only reads.

use crate::code::Code;
use crate::document::Document;
use crate::manifest::{BuildKind, Manifest, PluginManifest, SchemaSource};
use crate::problem::{Place, Problem};
use crate::resolve::{handler, node, pins};
use crate::schemas;
use crate::shape::shape;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// The name of the app's file.
pub const MANIFEST: &str = "scheduler.toml";
/// The name of a plugin's file.
pub const PLUGIN_MANIFEST: &str = "plugin.toml";
/// Where plugins lie where `[service].plugins` does not say.
pub const DEFAULT_PLUGINS: &str = "plugins/*";

/// Everything that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Sources {
    /// `scheduler.toml`.
    pub app: Written<Manifest>,
    /// The files that `scheduler.toml` names, by path relative to the project.
    pub files: BTreeMap<String, FileFact>,
    /// Every plugin folder, sorted by folder.
    pub plugins: Vec<PluginSource>,
    /// What went wrong while reading, and the shape of what was read.
    pub problems: Vec<Problem>,
}

/// One plugin folder.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginSource {
    /// The folder, relative to the project, with forward slashes.
    pub dir: String,
    /// Its `plugin.toml`.
    pub written: Written<PluginManifest>,
    /// The files that it names, by path relative to the folder.
    pub files: BTreeMap<String, FileFact>,
}

/// A file as a document with places and as a typed value.
#[derive(Debug, Clone, PartialEq)]
pub struct Written<T> {
    /// With places.
    pub document: Document,
    /// Typed; what is wrong is left out.
    pub value: T,
}

/// What is known of a file that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileFact {
    /// It was read.
    Text(String),
    /// It is there; its bytes do not matter here.
    Present {
        /// Whether it may be run.
        executable: bool,
    },
    /// It is a folder.
    Folder,
    /// There is no such file.
    Missing,
    /// It is not UTF-8; where the first bad byte stands.
    NotUtf8 {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// It could not be read, and why.
    Unreadable(String),
}

/// A file that has to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WantedFile {
    /// Relative to the manifest that names it.
    pub path: String,
    /// Whether its text is needed, or only that it is there.
    pub text: bool,
}

impl WantedFile {
    fn text(path: &str) -> Self {
        Self { path: path.into(), text: true }
    }

    fn presence(path: &str) -> Self {
        Self { path: path.into(), text: false }
    }
}

/// Parses `scheduler.toml`.
#[must_use]
pub fn read_manifest(path: &str, text: &str) -> (Written<Manifest>, Vec<Problem>) {
    read(path, text, schemas::manifest())
}

/// Parses a `plugin.toml`.
#[must_use]
pub fn read_plugin(path: &str, text: &str) -> (Written<PluginManifest>, Vec<Problem>) {
    read(path, text, schemas::plugin_manifest())
}

fn read<T: DeserializeOwned + Default>(
    path: &str,
    text: &str,
    schema: &Value,
) -> (Written<T>, Vec<Problem>) {
    let (document, mut problems) = Document::parse(path, text);
    let (usable, differences) = shape(&document, schema);
    problems.extend(differences);
    let value = serde_json::from_value(usable).unwrap_or_else(|error| {
        problems.push(Problem::error(Code::WrongType, Place::file(path), error.to_string()));
        T::default()
    });
    (Written { document, value }, problems)
}

/// The plugin patterns of the app, each with its place where somebody wrote it.
#[must_use]
pub fn plugin_patterns(app: &Written<Manifest>) -> Vec<(String, Option<Place>)> {
    let written = app.value.service.as_ref().and_then(|service| service.plugins.clone());
    let Some(patterns) = written else { return vec![(DEFAULT_PLUGINS.into(), None)] };
    let placed = patterns.into_iter().enumerate().map(|(nth, pattern)| {
        let place = app.document.value(&["service", "plugins", &nth.to_string()]);
        (pattern, Some(place))
    });
    placed.collect()
}

/// The files that `scheduler.toml` names; with the schema that `init` wrote its other one, too.
#[must_use]
pub fn wanted_by_app(app: &Written<Manifest>) -> Vec<WantedFile> {
    let of_types = app.value.job_types.values().filter_map(|table| table.schema.as_ref());
    let named = app.document.schema().map(|path| path.trim_start_matches("./"));
    let of_editors = match named == Some(schemas::FILE) {
        true => [schemas::FILE, schemas::PLUGIN_FILE].map(WantedFile::text).to_vec(),
        false => Vec::new(),
    };
    of_types.filter_map(schema_file).chain(of_editors).collect()
}

/// The files that a plugin's manifest names.
#[must_use]
pub fn wanted_by_plugin(plugin: &PluginManifest) -> Vec<WantedFile> {
    let schemas = plugin.job_types.values().filter_map(|table| table.schema.as_ref());
    let mut wanted: Vec<_> = schemas.filter_map(schema_file).collect();
    if let Some(template) = plugin.resources.as_ref().and_then(|table| table.template.as_ref()) {
        wanted.push(WantedFile::text(template));
    }
    if let Some(build) = &plugin.build {
        wanted.extend(build.inputs.iter().map(|path| WantedFile::presence(path)));
        match build.kind {
            Some(BuildKind::Rust) => wanted.push(WantedFile::text("Cargo.toml")),
            Some(BuildKind::Command) => {
                wanted.extend(build.run.as_deref().map(WantedFile::presence));
            }
            Some(BuildKind::Zip) => wanted.extend(build.zip.as_deref().map(WantedFile::presence)),
            Some(BuildKind::Python) => wanted.extend(pins::file(plugin).map(WantedFile::text)),
            Some(BuildKind::Node) => {
                wanted.extend(node::texts(plugin).iter().map(|path| WantedFile::text(path)));
                wanted.extend(node::present().map(WantedFile::presence));
            }
            None => {}
        }
    }
    wanted.extend(handler::files(plugin).iter().map(|path| WantedFile::text(path)));
    wanted.sort();
    wanted.dedup();
    wanted
}

fn schema_file(source: &SchemaSource) -> Option<WantedFile> {
    match source {
        SchemaSource::File(path) => Some(WantedFile::text(path)),
        SchemaSource::Inline(_) => None,
    }
}
