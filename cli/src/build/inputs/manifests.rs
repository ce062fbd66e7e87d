//! `Cargo.toml` files, each read once. One that cannot be read or parsed is as good as empty
//! here: cargo itself will say what is wrong with it.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use toml::{Table, Value};

/// The manifests that were read, by folder.
#[derive(Debug, Default)]
pub(super) struct Manifests(HashMap<PathBuf, Option<Rc<Table>>>);

impl Manifests {
    /// The folder's manifest.
    pub(super) fn of(&mut self, folder: &Path) -> Option<Rc<Table>> {
        if let Some(known) = self.0.get(folder) {
            return known.clone();
        }
        let text = fs::read_to_string(folder.join("Cargo.toml")).ok();
        let table = text.and_then(|text| text.parse().ok()).map(Rc::new);
        self.0.insert(folder.to_path_buf(), table.clone());
        table
    }

    /// The folder of the workspace that the package in the folder belongs to: its own without one.
    pub(super) fn workspace(&mut self, folder: &Path) -> PathBuf {
        if let Some(named) = self.of(folder).as_deref().and_then(named_workspace) {
            return super::packages::normal(&folder.join(named));
        }
        let root = folder.ancestors().find(|above| {
            self.of(above)
                .and_then(|manifest| manifest.get("workspace").cloned())
                .is_some_and(|workspace| !excludes(&workspace, above, folder))
        });
        root.unwrap_or(folder).to_path_buf()
    }
}

fn named_workspace(manifest: &Table) -> Option<String> {
    manifest.get("package")?.get("workspace")?.as_str().map(str::to_owned)
}

fn excludes(workspace: &Value, root: &Path, folder: &Path) -> bool {
    let excluded = workspace.get("exclude").and_then(Value::as_array);
    excluded
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .any(|path| folder != root && folder.starts_with(root.join(path)))
}

/// The dependency tables that have a say in what the package's binary is.
pub(super) fn dependencies(manifest: &Table) -> impl Iterator<Item = (&String, &Value)> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let tables = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    std::iter::once(manifest)
        .chain(tables)
        .flat_map(|table| ["dependencies", "build-dependencies"].map(|kind| table.get(kind)))
        .flatten()
        .filter_map(Value::as_table)
        .flat_map(Table::iter)
}

/// What the workspace says of a dependency that its members inherit.
pub(super) fn inherited<'a>(workspace: &'a Table, name: &str) -> Option<&'a Value> {
    workspace.get("workspace")?.get("dependencies")?.get(name)
}

/// The folders that `[patch]` puts in place of other packages.
pub(super) fn patches(workspace: &Table) -> impl Iterator<Item = &str> {
    let sources = workspace.get("patch").and_then(Value::as_table);
    sources
        .into_iter()
        .flat_map(Table::values)
        .filter_map(Value::as_table)
        .flat_map(Table::values)
        .filter_map(path)
}

/// A dependency's folder.
pub(super) fn path(dependency: &Value) -> Option<&str> {
    dependency.get("path")?.as_str()
}
