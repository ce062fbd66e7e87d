//! Job types: their names, who provides them, their whole schemas.

use super::Findings;
use super::external::{self, Written};
use super::schema::{self, OwnSchema};
use crate::app::{JobTypeDef, Provider};
use crate::code::Code;
use crate::document::Document;
use crate::manifest::SchemaSource;
use crate::names::{JobType, PluginName};
use crate::problem::{Place, Problem};
use crate::sources::{FileFact, Sources};
use serde_json::Value;
use std::collections::BTreeMap;

/// Every job type by name.
pub(crate) type JobTypes = BTreeMap<JobType, JobTypeDef>;

/// A job type as it stands in one of the files.
struct Declared<'a> {
    name: &'a str,
    key: Place,
    title: Option<&'a String>,
    provider: Provider,
    /// As people call the provider.
    by: String,
    schema: Option<OwnSchema<'a>>,
}

/// Every job type of the project.
pub(crate) fn job_types(sources: &Sources, findings: &mut Findings) -> JobTypes {
    let mut declared = of_plugins(sources, findings);
    declared.extend(of_app(sources, findings));
    let mut types: BTreeMap<JobType, (Place, String, JobTypeDef)> = BTreeMap::new();
    for one in declared {
        let parsed = JobType::parse(one.name)
            .map_err(|why| format!("`{}` cannot be a job type: {why}", one.name));
        let Some(name) = findings.parsed(Code::BadJobTypeName, one.key.clone(), parsed) else {
            continue;
        };
        if let Some((place, by, _)) = types.get(&name) {
            let what = format!("job type `{name}` is already provided by {by} at {place}");
            findings
                .push(Problem::error(Code::JobTypeTaken, one.key, what).hint("rename one of them"));
            continue;
        }
        let Some(own) = one.schema else { continue };
        let schema = schema::whole(&name, one.title.map(String::as_str), &own, findings);
        let def = JobTypeDef { provider: one.provider, title: one.title.cloned(), schema };
        types.insert(name, (one.key, one.by, def));
    }
    types.into_iter().map(|(name, (_, _, def))| (name, def)).collect()
}

fn of_plugins<'a>(sources: &'a Sources, findings: &mut Findings) -> Vec<Declared<'a>> {
    let mut declared = Vec::new();
    for plugin in &sources.plugins {
        let folder = plugin.dir.rsplit('/').next().unwrap_or(&plugin.dir);
        // A bad folder name is told where plugins are resolved.
        let Ok(name) = PluginName::parse(folder) else {
            continue;
        };
        let document = &plugin.written.document;
        for (job_type, table) in &plugin.written.value.job_types {
            let keys = ["job_types", job_type, "schema"];
            let file = |path: &str| (format!("{}/{path}", plugin.dir), plugin.files.get(path));
            let schema = table
                .schema
                .as_ref()
                .and_then(|source| own(source, (document, &keys), file, findings));
            declared.push(Declared {
                name: job_type,
                key: document.key(&keys[..2]),
                title: table.title.as_ref(),
                provider: Provider::Plugin(name.clone()),
                by: format!("`{}`", plugin.dir),
                schema,
            });
        }
    }
    declared
}

fn of_app<'a>(sources: &'a Sources, findings: &mut Findings) -> Vec<Declared<'a>> {
    let document = &sources.app.document;
    let mut declared = Vec::new();
    for (job_type, table) in &sources.app.value.job_types {
        let keys = ["job_types", job_type, "schema"];
        let file = |path: &str| (path.to_owned(), sources.files.get(path));
        let schema = match &table.schema {
            Some(source) => own(source, (document, &keys), file, findings),
            None => Some(OwnSchema::inline(Value::Bool(true), document, &keys)),
        };
        let consumer = table.consumer.as_ref();
        if consumer.is_some_and(|consumer| consumer.url.is_some()) {
            let place = document.key(&["job_types", job_type, "consumer", "url"]);
            findings.push(super::not_yet(place, "a consumer by `url`"));
        }
        let consumer = consumer.and_then(|table| {
            let keys = ["job_types", job_type, "consumer"];
            let (queue, function) = (table.queue_arn.as_ref(), table.function_arn.as_ref());
            let written = Written { queue, function, document, table: &keys };
            external::external(&written, findings)
        });
        declared.push(Declared {
            name: job_type,
            key: document.key(&keys[..2]),
            title: table.title.as_ref(),
            provider: Provider::Inline { consumer },
            by: format!("`{}`", document.path()),
            schema,
        });
    }
    declared
}

/// A type's own schema, read from where it stands.
fn own<'a>(
    source: &SchemaSource,
    (document, keys): (&'a Document, &[&'a str]),
    file: impl FnOnce(&str) -> (String, Option<&'a FileFact>),
    findings: &mut Findings,
) -> Option<OwnSchema<'a>> {
    let path = match source {
        SchemaSource::Inline(table) => {
            let value = Value::Object(table.clone().into_iter().collect());
            return Some(OwnSchema::inline(value, document, keys));
        }
        SchemaSource::File(path) => path,
    };
    let place = document.value(keys);
    if !stays_inside(path, &place, findings) {
        return None;
    }
    let (full, fact) = file(path);
    let text = text_of(&full, fact, place, findings)?;
    // A byte order mark is no character of the file.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match serde_json::from_str(text) {
        Ok(value) => Some(OwnSchema::file(value, &full, text)),
        Err(error) => {
            let place = Place { path: full, line: error.line(), column: error.column().max(1) };
            let reason = error.to_string();
            let reason = reason.split(" at line ").next().unwrap_or(&reason);
            let what = format!("the schema is not JSON: {reason}");
            let hint = "mend it there: no comments, and no comma after the last entry";
            findings.push(Problem::error(Code::SchemaNotJson, place, what).hint(hint));
            None
        }
    }
}

/// A file that is not UTF-8, at its first bad byte.
#[must_use]
pub fn not_utf8(place: Place) -> Problem {
    Problem::error(Code::NotUtf8, place, "not UTF-8: this byte is no character")
        .hint("save the file as UTF-8")
}

/// The text of a file that a manifest names at `place`, or the problem with it.
pub(crate) fn text_of<'a>(
    path: &str,
    fact: Option<&'a FileFact>,
    place: Place,
    findings: &mut Findings,
) -> Option<&'a str> {
    match fact {
        Some(FileFact::Text(text)) => return Some(text),
        Some(FileFact::NotUtf8 { line, column }) => {
            let place = Place { path: path.into(), line: *line, column: *column };
            findings.push(not_utf8(place));
        }
        Some(FileFact::Folder) => {
            findings.error(Code::FolderNotFile, place, format!("`{path}` is a folder, not a file"))
        }
        Some(FileFact::Unreadable(why)) => {
            let what = format!("`{path}` cannot be read: {why}");
            findings.push(Problem::error(Code::Unreadable, place, what).hint(super::READABLE));
        }
        Some(FileFact::Present { .. } | FileFact::Missing) | None => {
            findings.error(Code::NoSuchFile, place, format!("there is no file `{path}`"));
        }
    }
    None
}

/// Whether a path stays in the folder of the file that names it; told where it does not. What lies
/// outside would be no input of the build, and not there on another machine.
pub(crate) fn stays_inside(path: &str, place: &Place, findings: &mut Findings) -> bool {
    let stays = !path.starts_with('/') && !path.split('/').any(|part| part == "..");
    if !stays {
        let what = format!("`{path}` leaves the folder of the file that names it");
        findings.push(
            Problem::error(Code::PathLeavesFolder, place.clone(), what)
                .hint("keep the file in the folder"),
        );
    }
    stays
}
