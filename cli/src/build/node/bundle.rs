//! One call of a plugin's own esbuild.
//!
//! The sources are laid beside the packages, so that nothing is found that the lock file does not
//! name, such as what somebody installed in the plugin's folder.

use super::npm::start;
use crate::build::archive::{self, Content, Entry};
use crate::build::error::{BuildError, NodeError};
use crate::build::folder::remove;
use crate::build::process::{self, Child};
use scheduler_plan::app::{Bundle, ModuleFormat};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const NODE: &str = "node";
const ESBUILD: &str = "../node_modules/esbuild/bin/esbuild";
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
    /// Where the packages are installed.
    pub(super) packages: &'a Path,
}

impl Esbuild<'_> {
    /// The one file.
    pub(super) fn run(&self, sources: &[Entry], child: &Child<'_>) -> Result<Entry, BuildError> {
        let (code, out) = (self.packages.join("code"), self.packages.join("bundle"));
        let begun = clear(&[&code, &out]).and_then(|()| {
            fs::create_dir(&code)
                .and_then(|()| archive::extract(sources, &code))
                .map_err(|e| BuildError::io("write", &code, e))
        });
        let made = begun.and_then(|()| {
            let ended = start(&mut self.command(&code), child)?;
            if !ended.status.success() {
                let (module, status) = (self.shown.clone(), process::status(ended.status));
                return Err(NodeError::BundleFailed { module, status, log: ended.log }.into());
            }
            fs::read(&out).map_err(|e| BuildError::io("read", &out, e))
        });
        clear(&[&code, &out])?;
        Ok(Entry { name: self.name(), content: Content::File(made?) })
    }

    fn command(&self, code: &Path) -> Command {
        let mut node = Command::new(NODE);
        node.arg(ESBUILD).arg(format!("./{}", self.bundle.entry)).current_dir(code);
        node.args(["--bundle", "--platform=node", "--outfile=../bundle"]);
        node.args(["--color=false", "--log-level=warning"]);
        node.arg(format!("--target={}", target(self.runtime)));
        match self.bundle.format {
            ModuleFormat::Es => node.args(["--format=esm", COMMON]),
            ModuleFormat::CommonJs => node.arg("--format=cjs"),
        };
        node
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

/// `node22` of `nodejs22.x`.
fn target(runtime: &str) -> String {
    runtime.replace("nodejs", "node").trim_end_matches(".x").to_owned()
}

fn clear(paths: &[&PathBuf]) -> Result<(), BuildError> {
    for path in paths {
        remove(path).map_err(|e| BuildError::io("remove", path, e))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_is_a_target() {
        assert_eq!(target("nodejs22.x"), "node22");
    }

    #[test]
    fn the_file_is_called_like_the_module_and_its_kind() {
        let name = |entry: &str, format| {
            let bundle = Bundle { entry: entry.into(), format };
            let (shown, packages) = (String::new(), Path::new(""));
            Esbuild { bundle: &bundle, shown, runtime: "nodejs22.x", packages }.name()
        };
        assert_eq!(name("src/main.ts", ModuleFormat::Es), "src/main.mjs");
        assert_eq!(name("main.js", ModuleFormat::CommonJs), "main.cjs");
    }
}
