//! Whether the function that a handler names is there: a look at the file, before anything is
//! built.
//!
//! The look is a simple one, at the names that a module defines. Where a module may define names
//! that cannot be seen (`from x import *`), every name counts as defined.

mod python;

use super::types::text_of;
use super::{Findings, pins};
use crate::code::Code;
use crate::manifest::{BuildKind, PluginManifest};
use crate::nearest::{did_you_mean, list};
use crate::problem::Problem;
use crate::sources::{FileFact, PluginSource};
use std::collections::BTreeSet;

/// So many names are listed where none is near the one that is not there.
const LISTED: usize = 5;

/// A language whose handlers are functions of modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// Python.
    Python,
}

impl Language {
    /// The language of the folder's own code, where the kind of build has one.
    pub(crate) fn of(kind: BuildKind) -> Option<Self> {
        match kind {
            BuildKind::Python => Some(Self::Python),
            BuildKind::Node | BuildKind::Rust | BuildKind::Command | BuildKind::Zip => None,
        }
    }
}

/// The names that a module defines.
#[derive(Debug, Default, PartialEq, Eq)]
struct Names {
    known: BTreeSet<String>,
    /// Whether there may be others.
    open: bool,
}

/// A handler in its two parts: a module's path without its ending, and a name in the module.
#[derive(Debug, PartialEq, Eq)]
struct Handler {
    module: String,
    function: String,
}

impl Handler {
    fn parse(language: Language, text: &str) -> Option<Self> {
        let (module, function) = match language {
            Language::Python => {
                let (module, function) = text.rsplit_once('.')?;
                (module.replace('.', "/"), function)
            }
        };
        let fits = module.split('/').chain([function]).all(|part| {
            !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control())
        });
        fits.then(|| Self { module, function: function.to_owned() })
    }

    /// The files that may be the module, in the order in which the runtime looks for it.
    fn files(&self, language: Language) -> Vec<String> {
        let module = &self.module;
        match language {
            Language::Python => vec![format!("{module}/__init__.py"), format!("{module}.py")],
        }
    }
}

/// The files of the folder that may hold the handler's function.
pub(crate) fn files(plugin: &PluginManifest) -> Vec<String> {
    let kind = plugin.build.as_ref().and_then(|build| build.kind);
    let handler = plugin.consumer.as_ref().and_then(|consumer| consumer.handler.as_deref());
    let (Some(language), Some(handler)) = (kind.and_then(Language::of), handler) else {
        return Vec::new();
    };
    Handler::parse(language, handler).map(|handler| handler.files(language)).unwrap_or_default()
}

/// Tells where the handler is none, or names a file or a function that is not there.
pub(crate) fn check(
    source: &PluginSource,
    language: Language,
    text: &str,
    findings: &mut Findings,
) {
    let place = source.written.document.value(&["consumer", "handler"]);
    let Some(handler) = Handler::parse(language, text) else {
        let problem = Problem::error(Code::BadHandler, place, format!("`{text}` is no handler"));
        findings.push(problem.hint("it is `module.function`, such as `handler.entry`"));
        return;
    };
    let files = handler.files(language);
    let there = |path: &&String| {
        !matches!(source.files.get(*path), None | Some(FileFact::Missing | FileFact::Folder))
    };
    let Some(file) = files.iter().find(there) else {
        // A module of a package may be one of a requirement's; the build looks into the zip.
        if handler.module.contains('/') && pins::are_there(source) {
            return;
        }
        let own = files.last().map_or(text, String::as_str);
        let what = format!("there is no file `{}/{own}`", source.dir);
        let hint = "`handler` is `module.function`, and the module is a file of the folder";
        findings.push(Problem::error(Code::NoSuchFile, place, what).hint(hint));
        return;
    };
    let path = format!("{}/{file}", source.dir);
    let Some(text) = text_of(&path, source.files.get(file), place.clone(), findings) else {
        return;
    };
    let names = match language {
        Language::Python => python::names(text),
    };
    if !names.open && !names.known.contains(&handler.function) {
        let what = format!("`{path}` defines no `{}`", handler.function);
        let problem = Problem::error(Code::NoSuchFunction, place, what);
        findings.push(match suggestion(&handler.function, &names) {
            Some(hint) => problem.hint(hint),
            None => problem,
        });
    }
}

fn suggestion(function: &str, names: &Names) -> Option<String> {
    let known: Vec<&str> = names.known.iter().map(String::as_str).collect();
    did_you_mean(function, &known).or_else(|| match known.len() {
        0 => None,
        1..=LISTED => Some(format!("it can be {}", list(&known))),
        _ => Some("name a function of the file's top level".into()),
    })
}
