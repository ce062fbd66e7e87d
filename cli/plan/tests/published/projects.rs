//! The schemas against whole projects: they accept every good one, and refuse every bad one that a
//! schema can see.

use crate::repository;
use boon::{Compiler, SchemaIndex, Schemas};
use scheduler_plan::code::Code;
use scheduler_plan::document::Document;
use scheduler_plan::schemas;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Golden cases, or files of them, with a problem that no schema of one file sees, and why.
const BEYOND: &[(&str, &str)] = &[
    ("command-inputs/plugins/listed/plugin.toml", FILE),
    ("bad-plugin-folder-name", FOLDER),
    ("command-not-executable", FILE),
    ("duplicate-job-type", "two files say the same name"),
    ("duplicate-keys", TEXT),
    ("environment-too-large", SUM),
    ("environment-too-large-in-env", SUM),
    ("folders-in-place-of-files", FILE),
    ("names-too-long-together", SUM),
    ("no-such-schema", FILE),
    ("no-such-zip", FILE),
    ("node-handlers/plugins/absent/plugin.toml", FILE),
    ("node-handlers/plugins/bundled/plugin.toml", FILE),
    ("node-handlers/plugins/commonjs/plugin.toml", FILE),
    ("node-handlers/plugins/default/plugin.toml", FILE),
    ("node-handlers/plugins/misspelt/plugin.toml", FILE),
    ("node-handlers/plugins/typescript/plugin.toml", FILE),
    ("node-packages", FILE),
    ("not-utf8", TEXT),
    ("over-limit-refused-by-deploy", SUM),
    ("over-quota-refused-by-deploy", SUM),
    ("over-quota-refused-by-dry-run", SUM),
    ("pattern-matches-nothing", FOLDER),
    ("plugin-named-like-the-core", FOLDER),
    ("plugin-not-utf8", TEXT),
    ("python-handlers/plugins/absent/plugin.toml", FILE),
    ("python-handlers/plugins/misspelt/plugin.toml", FILE),
    ("python-requirements/plugins/lost/plugin.toml", FILE),
    ("references-to-nothing", FILE),
    ("resources-template", FILE),
    ("run-is-no-command-line", FILE),
    ("rust-with-two-binaries", FILE),
    ("rust-without-cargo-toml", FILE),
    ("schema-reaches-outside", INNER),
    ("several-at-once/plugins/b/plugin.toml", FILE),
    ("syntax-error", TEXT),
    ("syntax-errors-in-both-files", TEXT),
    ("two-folders-one-name", FOLDER),
    ("unknown-env-on-the-command-line", COMMAND),
    ("unknown-plugin-in-env", FOLDER),
];

const COMMAND: &str = "the mistake is on the command line";
const FILE: &str = "the mistake is in, or about, a file that the manifest names";
const FOLDER: &str = "the mistake is a folder's name, or that there is no such folder";
const INNER: &str = "a job's schema is a language of its own";
const SUM: &str = "each value is right; together they are too long";
const TEXT: &str = "no TOML: editors say so before they look at a schema";

/// The codes that no golden case shows, and why.
const UNSHOWN: &[(&str, &str)] =
    &[("unreadable", "git keeps no file that may not be read; the hostile projects have some")];

struct Validator {
    schemas: Schemas,
    app: SchemaIndex,
    plugin: SchemaIndex,
}

impl Validator {
    fn new() -> Self {
        let mut compiler = Compiler::new();
        let mut all = Schemas::new();
        let mut add = |name: &str, schema: &Value| {
            compiler.add_resource(name, schema.clone()).unwrap();
            compiler.compile(name, &mut all).unwrap()
        };
        let app = add("schema:///scheduler.toml", schemas::manifest());
        let plugin = add("schema:///plugin.toml", schemas::plugin_manifest());
        Self { schemas: all, app, plugin }
    }

    /// Why a file is refused. What is no TOML, no schema gets to see.
    fn refusal(&self, file: &Path) -> Option<String> {
        let text = fs::read_to_string(file).ok()?;
        let (document, problems) = Document::parse(&file.to_string_lossy(), &text);
        if !problems.is_empty() {
            return None;
        }
        let is_plugin = file.file_name().is_some_and(|name| name == "plugin.toml");
        let schema = if is_plugin { self.plugin } else { self.app };
        let value = document.root.to_json();
        let refused = self.schemas.validate(&value, schema).err()?;
        Some(format!("{}: {refused:#}", file.display()))
    }
}

/// The files of a project in which `check` found an error, by what it said.
fn faulty(project: &Path, said: &str) -> BTreeSet<PathBuf> {
    let errors = said.lines().filter(|line| line.ends_with(']') && !line.contains("warning: "));
    let places = errors.filter_map(|line| line.split_once(".toml:"));
    places.map(|(path, _)| project.join(format!("{path}.toml"))).collect()
}

/// Every `scheduler.toml` and `plugin.toml` under a folder.
fn manifests(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        // A link may lead in a circle.
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            found.extend(manifests(&path));
        } else if ["scheduler.toml", "plugin.toml"].iter().any(|name| path.ends_with(name)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// This repository's own files and its examples.
fn good() -> Vec<PathBuf> {
    let root = repository();
    let mut files = vec![root.join("scheduler.toml")];
    for folder in ["plugins", "examples"] {
        files.extend(manifests(&root.join(folder)));
    }
    files
}

/// The golden cases, by name: the project, and what was said of it.
fn golden() -> BTreeMap<String, (PathBuf, String)> {
    let folders = fs::read_dir(repository().join("tests/golden")).unwrap();
    let case = |folder: PathBuf| {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let said = fs::read_to_string(folder.join("expected.txt")).ok()?;
        Some((name, (folder.join("project"), said)))
    };
    folders.filter_map(|folder| case(folder.unwrap().path())).collect()
}

#[test]
fn the_schemas_accept_every_file_of_this_repository() {
    let validator = Validator::new();
    let files = good();
    assert!(files.len() > 4, "{files:?}");
    let refused: Vec<_> = files.iter().filter_map(|file| validator.refusal(file)).collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn every_file_of_this_repository_names_its_schema() {
    for file in good() {
        let text = fs::read_to_string(&file).unwrap();
        let first = text.lines().next().unwrap_or_default();
        let named = first.strip_prefix("#:schema ").unwrap_or_default();
        let found = file.parent().unwrap().join(named).canonicalize();
        let name = match file.ends_with("plugin.toml") {
            true => "schemas/plugin.schema.json",
            false => "schemas/scheduler.schema.json",
        };
        let wanted = repository().join(name).canonicalize().unwrap();
        assert_eq!(found.ok(), Some(wanted), "{}: {first}", file.display());
    }
}

/// File by file: one mistake that a schema sees must not hide another that it does not.
#[test]
fn the_schemas_refuse_every_bad_file_that_they_can_see() {
    let validator = Validator::new();
    let mut wrong = Vec::new();
    let mut unused: BTreeSet<_> = BEYOND.iter().map(|(path, _)| *path).collect();
    for (name, (project, said)) in golden() {
        let faulty = faulty(&project, &said);
        for file in manifests(&project) {
            let shown = format!("{name}/{}", file.strip_prefix(&project).unwrap().display());
            let entry = BEYOND.iter().find(|(path, _)| *path == name || *path == shown);
            let has_fault = faulty.contains(&file);
            let wanted = has_fault && entry.is_none();
            if let (true, Some((path, _))) = (has_fault, entry) {
                unused.remove(path);
            }
            match (wanted, validator.refusal(&file)) {
                (false, Some(why)) => wrong.push(format!("{shown} is refused: {why}")),
                (true, None) => {
                    wrong.push(format!("{shown} is accepted: refuse it, or say in BEYOND why not"));
                }
                _ => {}
            }
        }
    }
    wrong.extend(unused.iter().map(|path| format!("{path} is among BEYOND for nothing")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A code that nobody can run into is a page that nobody needs.
#[test]
fn every_code_is_shown_by_a_golden_case() {
    let cases = repository().join("tests/golden");
    let said: String = golden()
        .keys()
        .map(|name| fs::read_to_string(cases.join(name).join("expected.txt")).unwrap())
        .collect();
    for code in Code::ALL {
        let unshown = UNSHOWN.iter().any(|(name, _)| *name == code.as_str());
        assert_eq!(said.contains(&format!("[{code}]")), !unshown, "{code}");
    }
}
