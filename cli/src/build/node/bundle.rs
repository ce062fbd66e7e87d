//! One call of a plugin's own esbuild.
//!
//! The sources are laid beside the packages, away from what somebody installed in the plugin's
//! folder. What esbuild finds further up, in the project's own folders, is refused: it would not be
//! there on another machine.

use super::npm::start;
use crate::build::archive::{self, Content, Entry};
use crate::build::contents;
use crate::build::error::{BuildError, ContentsError, NodeError};
use crate::build::folder::remove;
use crate::build::process::{self, Child};
use scheduler_plan::app::{Bundle, ModuleFormat};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

const NODE: &str = "node";
const SDK: &str = "@aws-sdk";
const ESBUILD: &str = "../node_modules/esbuild/bin/esbuild";
/// Without one, settings would be those of some folder further up.
const TYPESCRIPT: &str = "tsconfig.json";
/// What packages that were written as CommonJS expect to be there. As properties of the global
/// object they hide behind what a module defines by the same name.
const COMMON: &str = "--banner:js=import { createRequire as commonRequire } from \"node:module\"; \
                      globalThis.require ??= commonRequire(import.meta.url); \
                      globalThis.__filename ??= import.meta.filename; \
                      globalThis.__dirname ??= import.meta.dirname;";

/// What has to be made.
#[derive(Debug)]
pub(super) struct Esbuild<'a> {
    pub(super) bundle: &'a Bundle,
    /// The handler's module, for people.
    pub(super) shown: String,
    /// Lambda's runtime.
    pub(super) runtime: &'a str,
    /// Lambda's handler.
    pub(super) handler: &'a str,
    /// Where the packages are installed.
    pub(super) packages: &'a Path,
}

impl Esbuild<'_> {
    /// The one file.
    pub(super) fn run(&self, sources: &[Entry], child: &Child<'_>) -> Result<Entry, BuildError> {
        let [code, out, inputs] = ["code", "bundle", "inputs"].map(|name| self.packages.join(name));
        let clear = || [&code, &out, &inputs].into_iter().try_for_each(|path| clear(path));
        clear()?;
        let made = lay(sources, &code).and_then(|()| {
            let mut command = self.command(&code);
            command.args(brought(sources, self.packages).map(|name| format!("--external:{name}")));
            let ended = start(&mut command, child)?;
            if !ended.status.success() {
                let (module, status) = (self.shown.clone(), process::status(ended.status));
                return Err(NodeError::BundleFailed { module, status, log: ended.log }.into());
            }
            let list: Value = serde_json::from_slice(&read(&inputs)?).unwrap_or_default();
            match outside(&list) {
                Some(file) => Err(NodeError::Unnamed { module: self.shown.clone(), file }.into()),
                None => self.expect_function(&list).and_then(|()| read(&out)),
            }
        });
        clear()?;
        Ok(Entry { name: self.name(), content: Content::File(made?) })
    }

    fn command(&self, code: &Path) -> Command {
        let mut node = Command::new(NODE);
        node.arg(ESBUILD).arg(format!("./{}", self.bundle.entry)).current_dir(code);
        // Where else it would look for packages.
        node.env_remove("NODE_PATH");
        node.args(["--bundle", "--platform=node", "--outfile=../bundle", "--metafile=../inputs"]);
        node.args(["--color=false", "--log-level=warning"]);
        node.arg(format!("--target={}", target(self.runtime)));
        match self.bundle.format {
            ModuleFormat::Es => node.args(["--format=esm", COMMON]),
            ModuleFormat::CommonJs => node.arg("--format=cjs"),
        };
        node
    }

    // Of CommonJS it is known only once it runs; the plan has looked at what can be seen.
    fn expect_function(&self, list: &Value) -> Result<(), BuildError> {
        let function = contents::node_function(self.handler);
        let exports = list["outputs"]["../bundle"]["exports"].as_array();
        let exports: Vec<&str> = exports.into_iter().flatten().filter_map(Value::as_str).collect();
        if self.bundle.format == ModuleFormat::CommonJs || exports.contains(&function) {
            return Ok(());
        }
        Err(ContentsError::NoFunction {
            file: self.shown.clone(),
            function: function.to_owned(),
            others: exports.into_iter().map(str::to_owned).collect(),
        }
        .into())
    }

    /// As Lambda looks for the handler's module, and so that it cannot be taken for the other kind.
    fn name(&self) -> String {
        let module = Path::new(&self.bundle.entry);
        let ending = match self.bundle.format {
            ModuleFormat::Es => "mjs",
            ModuleFormat::CommonJs => "cjs",
        };
        module.with_extension(ending).display().to_string()
    }
}

/// Packages that stay outside of the bundle: Lambda's runtimes of Node.js bring the AWS SDK (AWS
/// Lambda developer guide, "Building Lambda functions with Node.js": "all supported Lambda Node.js
/// runtimes include a specific minor version of the AWS SDK for JavaScript v3"). What the plugin asks
/// for itself is bundled, in its own version.
fn brought(sources: &[Entry], packages: &Path) -> impl Iterator<Item = String> {
    let installed = packages.join("node_modules").join(SDK);
    let named: BTreeSet<String> = match installed.is_dir() {
        false => BTreeSet::from(["*".to_owned()]),
        true => sources.iter().flat_map(|source| sdk_packages(&source.content)).collect(),
    };
    let missing = move |name: &String| !installed.join(name).is_dir();
    named.into_iter().filter(missing).map(|name| format!("{SDK}/{name}"))
}

/// The packages of the SDK that a module names.
fn sdk_packages(content: &Content) -> Vec<String> {
    let (Content::File(bytes) | Content::Executable(bytes)) = content else { return Vec::new() };
    let text = String::from_utf8_lossy(bytes);
    let before = format!("{SDK}/");
    let names = text.split(&before).skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        rest[..end.unwrap_or(rest.len())].to_owned()
    });
    names.filter(|name| !name.is_empty()).collect()
}

/// `node22` of `nodejs22.x`.
fn target(runtime: &str) -> String {
    runtime.replace("nodejs", "node").trim_end_matches(".x").to_owned()
}

fn lay(sources: &[Entry], code: &Path) -> Result<(), BuildError> {
    let has_settings = sources.iter().any(|entry| entry.name == TYPESCRIPT);
    fs::create_dir(code)
        .and_then(|()| archive::extract(sources, code))
        .and_then(|()| match has_settings {
            true => Ok(()),
            false => fs::write(code.join(TYPESCRIPT), "{}"),
        })
        .map_err(|e| BuildError::io("write", code, e))
}

fn read(path: &Path) -> Result<Vec<u8>, BuildError> {
    fs::read(path).map_err(|e| BuildError::io("read", path, e))
}

fn clear(path: &Path) -> Result<(), BuildError> {
    remove(path).map_err(|e| BuildError::io("remove", path, e))
}

/// A file of the bundle that is neither of the sources nor of the packages, in esbuild's own list.
fn outside(list: &Value) -> Option<String> {
    let files = list["inputs"].as_object().into_iter().flatten().map(|(file, _)| file);
    let is_outside =
        |file: &&String| file.starts_with("../") && !file.starts_with("../node_modules/");
    files.filter(is_outside).map(|file| file.trim_start_matches("../").to_owned()).next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_runtime_is_a_target() {
        assert_eq!(target("nodejs22.x"), "node22");
    }

    #[test]
    fn files_of_other_folders_are_seen() {
        let list = |file: &str| json!({ "inputs": { "main.ts": {}, file: {} } });
        assert_eq!(outside(&list("../node_modules/ms/index.js")), None);
        assert_eq!(
            outside(&list("../../../../../node_modules/left/index.js")).as_deref(),
            Some("node_modules/left/index.js")
        );
    }

    #[test]
    fn the_sdk_is_lambdas_own_where_the_plugin_asks_for_none() {
        let packages = tempfile::tempdir().unwrap();
        let text = "import { S3 } from \"@aws-sdk/client-s3\";\nimport('@aws-sdk/client-sesv2');\n";
        let content = Content::File(text.into());
        let sources = [Entry { name: "main.mjs".into(), content }];
        let found = || brought(&sources, packages.path()).collect::<Vec<_>>();
        assert_eq!(found(), ["@aws-sdk/*"]);
        fs::create_dir_all(packages.path().join("node_modules/@aws-sdk/client-s3")).unwrap();
        assert_eq!(found(), ["@aws-sdk/client-sesv2"]);
    }

    #[test]
    fn the_file_is_called_like_the_module_and_its_kind() {
        let name = |entry: &str, format| {
            let bundle = Bundle { entry: entry.into(), format };
            let (shown, packages) = (String::new(), Path::new(""));
            let (runtime, handler) = ("nodejs22.x", "main.handle");
            Esbuild { bundle: &bundle, shown, runtime, handler, packages }.name()
        };
        assert_eq!(name("src/main.ts", ModuleFormat::Es), "src/main.mjs");
        assert_eq!(name("main.js", ModuleFormat::CommonJs), "main.cjs");
    }
}
