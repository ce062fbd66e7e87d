//! A Node plugin: what its `package.json` asks for, and what has to lie beside that.

use super::Findings;
use super::handler::{self, Language};
use super::types::text_of;
use crate::app::{Build, Bundle, ModuleFormat};
use crate::code::Code;
use crate::manifest::{BuildTable, PluginManifest};
use crate::problem::{Place, Problem};
use crate::sources::{FileFact, PluginSource};
use serde::Deserialize;
use std::collections::BTreeMap;

const PACKAGE: &str = "package.json";
/// The files that npm obeys: the first one that is there.
const LOCKS: [&str; 2] = ["npm-shrinkwrap.json", "package-lock.json"];
const BUNDLER: &str = "esbuild";

/// What counts of a `package.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Package {
    r#type: Option<String>,
    dependencies: BTreeMap<String, String>,
    dev_dependencies: BTreeMap<String, String>,
    optional_dependencies: BTreeMap<String, String>,
    peer_dependencies: BTreeMap<String, String>,
}

/// The files of the folder whose text counts.
pub(crate) fn texts(plugin: &PluginManifest) -> Vec<String> {
    let modules = handler::files(plugin);
    let mut packages: Vec<_> = modules.iter().flat_map(|module| packages_above(module)).collect();
    packages.push(PACKAGE.to_owned());
    packages
}

/// The files of the folder that only have to be there.
pub(crate) fn present() -> [&'static str; 2] {
    LOCKS
}

/// The build as decided.
pub(super) fn build(
    source: &PluginSource,
    table: &BuildTable,
    findings: &mut Findings,
) -> Option<Build> {
    let bundled = table.bundle == Some(true);
    let path = format!("{}/{PACKAGE}", source.dir);
    let (package, text) = package(source, &path, findings)?;
    let file = File { path: &path, text };
    let mut asked: Vec<_> = [
        ("dependencies", &package.dependencies),
        ("optionalDependencies", &package.optional_dependencies),
        ("peerDependencies", &package.peer_dependencies),
    ]
    .into();
    if bundled {
        asked.push(("devDependencies", &package.dev_dependencies));
    }
    asked.retain(|(_, packages)| !packages.is_empty());
    foreign(&file, &asked, findings);
    let has_bundler = asked.iter().any(|(_, packages)| packages.contains_key(BUNDLER));
    if bundled && !has_bundler {
        let place = source.written.document.value(&["build", "bundle"]);
        let what = format!("`{path}` asks for no `{BUNDLER}`, which makes the bundle");
        let hint = format!("`npm install --save-dev {BUNDLER}` in the folder");
        findings.push(Problem::error(Code::MissingBundler, place, what).hint(hint));
        return None;
    }
    let lock = match asked.first() {
        Some((table, _)) => Some(lock(source, &file.key(table, None), findings)?),
        None => None,
    };
    let bundle = if bundled { Some(bundle(source)?) } else { None };
    Some(Build::Node { lock, bundle })
}

/// A handler that is none is told of with the consumer.
fn bundle(source: &PluginSource) -> Option<Bundle> {
    let entry = handler::module(source, Language::Bundled)?;
    let format = format(source, &entry);
    Some(Bundle { entry, format })
}

/// What Node.js takes a module for: by its name, or by the `package.json` above it.
pub(super) fn format(source: &PluginSource, module: &str) -> ModuleFormat {
    match module.rsplit_once('.') {
        Some((_, "mjs" | "mts")) => return ModuleFormat::Es,
        Some((_, "cjs" | "cts")) => return ModuleFormat::CommonJs,
        _ => {}
    }
    let above = packages_above(module);
    let nearest = above.iter().find_map(|path| match source.files.get(path) {
        Some(FileFact::Text(text)) => Some(parse(text).unwrap_or_default()),
        _ => None,
    });
    match nearest.and_then(|package| package.r#type).as_deref() {
        Some("module") => ModuleFormat::Es,
        _ => ModuleFormat::CommonJs,
    }
}

/// The places of a module's `package.json`, the nearest first.
fn packages_above(module: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let mut rest = module;
    while let Some((folder, _)) = rest.rsplit_once('/') {
        paths.push(format!("{folder}/{PACKAGE}"));
        rest = folder;
    }
    paths.push(PACKAGE.to_owned());
    paths
}

/// The folder's own, or an empty one where there is none. `None` where it cannot be read, which is
/// told.
fn package<'a>(
    source: &'a PluginSource,
    path: &str,
    findings: &mut Findings,
) -> Option<(Package, &'a str)> {
    let fact = source.files.get(PACKAGE);
    if matches!(fact, None | Some(FileFact::Missing)) {
        return Some((Package::default(), ""));
    }
    let place = source.written.document.value(&["build", "kind"]);
    let text = text_of(path, fact, place, findings)?;
    match parse(text) {
        Ok(package) => Some((package, text)),
        Err(error) => {
            let place =
                Place { path: path.into(), line: error.line(), column: error.column().max(1) };
            let reason = error.to_string();
            let reason = reason.split(" at line ").next().unwrap_or(&reason).to_owned();
            let hint = "it is JSON: no comments, and no comma after the last entry";
            findings.push(Problem::error(Code::BadPackageJson, place, reason).hint(hint));
            None
        }
    }
}

fn parse(text: &str) -> serde_json::Result<Package> {
    // A byte order mark is no character of the file.
    serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn lock(source: &PluginSource, place: &Place, findings: &mut Findings) -> Option<String> {
    let there = |name: &&&str| matches!(source.files.get(**name), Some(FileFact::Present { .. }));
    if let Some(lock) = LOCKS.iter().find(there) {
        return Some((*lock).to_owned());
    }
    let what = format!("there is no `{}/package-lock.json`, which pins these", source.dir);
    let hint = "`npm install --package-lock-only` in the folder writes it";
    findings.push(Problem::error(Code::MissingLockFile, place.clone(), what).hint(hint));
    None
}

/// Packages that are folders or files would be others, or none, on another machine.
fn foreign(file: &File<'_>, asked: &[(&str, &BTreeMap<String, String>)], findings: &mut Findings) {
    for (table, packages) in asked {
        for (name, version) in packages.iter().filter(|(_, version)| is_path(version)) {
            let what = format!("`{name}` leads out of this file, to `{version}`");
            let hint = "name a version that is published, or move its modules into the folder \
                        and import them by their path";
            let place = file.key(table, Some(name));
            findings.push(Problem::error(Code::ForeignRequirement, place, what).hint(hint));
        }
    }
}

fn is_path(version: &str) -> bool {
    let schemes = ["file:", "link:", "portal:", "workspace:", "./", "../", "/", "~/"];
    schemes.iter().any(|scheme| version.starts_with(scheme))
}

/// A `package.json` and its text.
struct File<'a> {
    path: &'a str,
    text: &'a str,
}

impl File<'_> {
    /// Where a table is, or a key of it.
    fn key(&self, table: &str, name: Option<&str>) -> Place {
        let table = format!("\"{table}\"");
        let mut at = self.text.find(&table).unwrap_or_default();
        if let Some(name) = name {
            let inside = at + table.len();
            let key = self.text.get(inside..).and_then(|rest| rest.find(&format!("\"{name}\"")));
            at = key.map_or(at, |key| inside + key);
        }
        Place::at(self.path, self.text, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_package_counts() {
        assert_eq!(
            packages_above("src/app/main.js"),
            ["src/app/package.json", "src/package.json", "package.json"]
        );
        assert_eq!(packages_above("main.js"), ["package.json"]);
    }

    #[test]
    fn versions_ranges_and_addresses_are_no_paths() {
        for version in ["^1.2.3", "latest", "npm:other@1", "https://example.com/x.tgz", "a/b"] {
            assert!(!is_path(version), "{version}");
        }
        for version in ["file:../lib", "../lib", "workspace:*", "link:lib", "~/lib", "/lib"] {
            assert!(is_path(version), "{version}");
        }
    }

    #[test]
    fn a_key_is_found_in_its_own_table() {
        let text =
            "{\n \"devDependencies\": {\"a\": \"1\"},\n \"dependencies\": {\n  \"a\": \"1\"}}";
        let file = File { path: "p", text };
        assert_eq!(file.key("dependencies", None).to_string(), "p:3:2");
        assert_eq!(file.key("dependencies", Some("a")).to_string(), "p:4:3");
        assert_eq!(file.key("devDependencies", Some("a")).to_string(), "p:2:22");
        assert_eq!(file.key("peerDependencies", Some("b")).to_string(), "p:1:1");
    }
}
