//! The schemas against whole projects: they accept every good one, and refuse every bad one that a
//! schema can see.

use crate::repository;
use boon::{Compiler, SchemaIndex, Schemas};
use scheduler_plan::code::Code;
use scheduler_plan::document::Document;
use scheduler_plan::schemas;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The golden cases with a problem that no schema of one file sees, and why.
const BEYOND: &[(&str, &str)] = &[
    ("bad-plugin-folder-name", FOLDER),
    ("cargo-toml-without-binary", FILE),
    ("command-not-executable", FILE),
    ("duplicate-job-type", "two files say the same name"),
    ("duplicate-keys", TEXT),
    ("environment-too-large", SUM),
    ("environment-too-large-in-env", SUM),
    ("explain-no-code", COMMAND),
    ("folders-in-place-of-files", FILE),
    ("names-too-long-together", SUM),
    ("no-such-schema", FILE),
    ("no-such-zip", FILE),
    ("node-packages", FILE),
    ("not-utf8", TEXT),
    ("over-limit-refused-by-deploy", SUM),
    ("over-quota-refused-by-deploy", SUM),
    ("over-quota-refused-by-dry-run", SUM),
    ("pattern-matches-nothing", FOLDER),
    ("plugin-named-like-the-core", FOLDER),
    ("plugin-not-utf8", TEXT),
    ("resources-template", FILE),
    ("run-is-no-command-line", FILE),
    ("rust-with-two-binaries", FILE),
    ("rust-without-cargo-toml", FILE),
    ("schema-is-not-json", FILE),
    ("schema-of-another-draft", FILE),
    ("schema-reaches-outside", INNER),
    ("schema-shadows-core-field", FILE),
    ("schema-with-a-bad-pattern", FILE),
    ("syntax-error", TEXT),
    ("syntax-errors-in-both-files", TEXT),
    ("template-clash", FILE),
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
    &[("unreadable", "it takes a link that leads in a circle, or a file of somebody else's")];

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

    fn refusals(&self, project: &Path) -> Vec<String> {
        manifests(project).iter().filter_map(|file| self.refusal(file)).collect()
    }
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

/// The golden cases, by name: the project and whether nothing is wrong with it.
fn golden() -> BTreeMap<String, (PathBuf, bool)> {
    let folders = fs::read_dir(repository().join("tests/golden")).unwrap();
    let case = |folder: PathBuf| {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let said = fs::read_to_string(folder.join("expected.txt")).ok()?;
        Some((name, (folder.join("project"), said.ends_with("exit code 0\n"))))
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

#[test]
fn the_schemas_refuse_every_bad_project_that_they_can_see() {
    let validator = Validator::new();
    let cases = golden();
    let mut wrong = Vec::new();
    for (name, (project, good)) in &cases {
        let refusals = validator.refusals(project);
        let beyond = BEYOND.iter().any(|(case, _)| case == name);
        match (*good || beyond, refusals.is_empty()) {
            (true, false) => wrong.push(format!("{name} is refused:\n{}", refusals.join("\n"))),
            (false, true) => {
                wrong.push(format!("{name} is accepted: refuse it, or say in BEYOND why not"))
            }
            _ => {}
        }
    }
    for (name, _) in BEYOND.iter().filter(|(name, _)| !cases.contains_key(*name)) {
        wrong.push(format!("{name} is among BEYOND, and no golden case"));
    }
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
