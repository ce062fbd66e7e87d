//! What is published of the two files and of the problems: `schemas/`, `docs/reference/` and
//! `docs/problems.md` are made from the types and the pages, and may not be stale.
//!
//! `UPDATE_GOLDEN=1 cargo test -p scheduler-plan --test published` writes them anew.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "what is published lies on disk"
)]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails its test")]

mod names;
mod problems;
mod projects;
mod reference;

use scheduler_plan::schemas;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The root of the repository.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Holds a file against what it should be, or writes it.
fn published(path: &str, wanted: &str) {
    let path = repository().join(path);
    if env::var_os("UPDATE_GOLDEN").is_some_and(|set| set == "1") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, wanted).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    let differs = wanted.lines().zip(found.lines()).position(|(wanted, found)| wanted != found);
    let shorter = wanted.lines().count().min(found.lines().count());
    assert!(
        found == wanted,
        "{}:{} is stale; UPDATE_GOLDEN=1 writes it anew",
        path.display(),
        differs.unwrap_or(shorter) + 1
    );
}

#[test]
fn the_schemas_are_those_of_the_types() {
    published("schemas/scheduler.schema.json", &schemas::text(schemas::manifest()));
    published("schemas/plugin.schema.json", &schemas::text(schemas::plugin_manifest()));
}

/// Some editors warn of every key that a condition does not speak of.
#[test]
fn every_condition_leaves_other_keys_alone() {
    fn look(schema: &Value, seen: &mut usize) {
        let Some(fields) = schema.as_object() else { return };
        for (key, inner) in fields {
            if ["if", "then", "else"].contains(&key.as_str()) {
                assert_eq!(inner["additionalProperties"], true, "{key}: {inner}");
                *seen += 1;
            }
            look(inner, seen);
        }
    }
    let mut seen = 0;
    look(schemas::plugin_manifest(), &mut seen);
    assert!(seen > 20, "{seen}");
}

#[test]
fn the_reference_tells_every_key() {
    let app = reference::page("scheduler.toml", schemas::manifest());
    published("docs/reference/scheduler.toml.md", &app);
    let plugin = reference::page("plugin.toml", schemas::plugin_manifest());
    published("docs/reference/plugin.toml.md", &plugin);
}

#[test]
fn the_list_of_problems_is_that_of_the_pages() {
    published("docs/problems.md", &problems::list());
}
