//! Whether the function that a handler names is there: a look at the file, before anything is
//! built.
//!
//! The look is a simple one, at the names that a module defines. Where a module may define names
//! that cannot be seen (`from x import *`), every name counts as defined.

mod node;
mod python;

use super::types::text_of;
use super::{Findings, node as packages, pins};
use crate::app::ModuleFormat;
use crate::code::Code;
use crate::manifest::{BuildKind, BuildTable, PluginManifest};
use crate::nearest::{did_you_mean, list};
use crate::problem::{Place, Problem};
use crate::sources::{FileFact, PluginSource};
use std::collections::BTreeSet;

/// So many names are listed where none is near the one that is not there.
const LISTED: usize = 5;

/// A language whose handlers are functions of modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// Python.
    Python,
    /// JavaScript, as it is.
    Node,
    /// JavaScript or TypeScript, made into one file.
    Bundled,
}

impl Language {
    /// The language of the folder's own code, where the kind of build has one.
    pub(crate) fn of(build: &BuildTable) -> Option<Self> {
        match build.kind? {
            BuildKind::Python => Some(Self::Python),
            BuildKind::Node if build.bundle == Some(true) => Some(Self::Bundled),
            BuildKind::Node => Some(Self::Node),
            BuildKind::Rust | BuildKind::Command | BuildKind::Zip => None,
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
            // What follows the first dot of the last part are names in names; the first of them is
            // the module's own.
            Language::Node | Language::Bundled => {
                let text = text.strip_prefix("./").unwrap_or(text);
                let start = text.rfind('/').map_or(0, |at| at + 1);
                let (module, function) = text[start..].split_once('.')?;
                let function = function.split('.').next()?;
                (format!("{}{module}", &text[..start]), function)
            }
        };
        let fits = module.split('/').chain([function]).all(|part| {
            !part.is_empty()
                && part != ".."
                && !part.contains(|c: char| c.is_whitespace() || c.is_control())
        });
        fits.then(|| Self { module, function: function.to_owned() })
    }

    /// The files that may be the module, in the order in which they are looked for: by the runtime,
    /// or by the tool that makes a bundle.
    fn files(&self, language: Language) -> Vec<String> {
        let module = &self.module;
        let endings: &[&str] = match language {
            Language::Python => &["/__init__.py", ".py"],
            Language::Node => &[".js", ".mjs", ".cjs"],
            Language::Bundled => &[".ts", ".mts", ".tsx", ".js", ".mjs", ".cjs"],
        };
        endings.iter().map(|ending| format!("{module}{ending}")).collect()
    }

    /// The first of the files that is there.
    fn found(&self, language: Language, source: &PluginSource) -> Option<String> {
        self.files(language).into_iter().find(|path| {
            let fact = source.files.get(path);
            !matches!(fact, None | Some(FileFact::Missing | FileFact::Folder))
        })
    }
}

/// The names that a module of Python defines; `None` where it may define others than can be seen.
#[must_use]
pub fn python_names(text: &str) -> Option<BTreeSet<String>> {
    closed(python::names(text))
}

/// The names that a module of JavaScript exports, whatever kind of module it is; `None` where it may
/// export others than can be seen.
#[must_use]
pub fn node_names(text: &str) -> Option<BTreeSet<String>> {
    closed(node::names_of_either(text))
}

fn closed(names: Names) -> Option<BTreeSet<String>> {
    (!names.open).then_some(names.known)
}

/// The files of the folder that may hold the handler's function.
pub(crate) fn files(plugin: &PluginManifest) -> Vec<String> {
    let language = match plugin.build.as_ref().and_then(Language::of) {
        // What a bundle could be made of is told where there is nothing else.
        Some(Language::Node | Language::Bundled) => Language::Bundled,
        Some(language) => language,
        None => return Vec::new(),
    };
    let handler = written(plugin).and_then(|text| Handler::parse(language, text));
    handler.map(|handler| handler.files(language)).unwrap_or_default()
}

/// The file of the handler's module, where there is one.
pub(crate) fn module(source: &PluginSource, language: Language) -> Option<String> {
    let text = written(&source.written.value)?;
    Handler::parse(language, text)?.found(language, source)
}

fn written(plugin: &PluginManifest) -> Option<&str> {
    plugin.consumer.as_ref()?.handler.as_deref()
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
    let Some(file) = handler.found(language, source) else {
        if !is_of_a_package(&handler, language, source) {
            findings.push(missing(&handler, language, source, place));
        }
        return;
    };
    let path = format!("{}/{file}", source.dir);
    let Some(text) = text_of(&path, source.files.get(&file), place.clone(), findings) else {
        return;
    };
    let names = match language {
        Language::Python => python::names(text),
        // Where TypeScript exports can look like anything, the tool that reads it tells more.
        Language::Bundled if is_typescript(&file) => return,
        Language::Bundled => node::names_of_either(text),
        Language::Node => match packages::format(source, &file) {
            ModuleFormat::CommonJs if node::is_es(text) => {
                if !tells_formats_apart(source) {
                    findings.push(other_format(&path, &handler.module));
                }
                return;
            }
            format => node::names(text, format),
        },
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

/// A module in a folder may be a package's; the build looks into the zip.
fn is_of_a_package(handler: &Handler, language: Language, source: &PluginSource) -> bool {
    match language {
        Language::Python => handler.module.contains('/') && pins::are_there(source),
        Language::Node => handler.module.starts_with("node_modules/"),
        Language::Bundled => false,
    }
}

fn missing(handler: &Handler, language: Language, source: &PluginSource, place: Place) -> Problem {
    let files = handler.files(language);
    let own = match language {
        Language::Python => files.last(),
        Language::Node | Language::Bundled => files.first(),
    };
    let own = own.map_or(handler.module.as_str(), String::as_str);
    let what = format!("there is no file `{}/{own}`", source.dir);
    let typescript =
        handler.found(Language::Bundled, source).filter(|_| language == Language::Node);
    let of_folder = "`handler` is `module.function`, and the module is a file of the folder";
    let hint = match (typescript, language) {
        (Some(file), _) => format!("`bundle = true` in `[build]` makes JavaScript of `{file}`"),
        (None, Language::Python) => of_folder.to_owned(),
        (None, Language::Node) => format!("{of_folder}: `.mjs`, `.js` or `.cjs`"),
        (None, Language::Bundled) => {
            format!("{of_folder}: `.ts`, `.mts`, `.tsx`, `.js`, `.mjs` or `.cjs`")
        }
    };
    Problem::error(Code::NoSuchFile, place, what).hint(hint)
}

fn is_typescript(file: &str) -> bool {
    [".ts", ".mts", ".tsx"].iter().any(|ending| file.ends_with(ending))
}

// Node.js looks into the file. AWS ("Building Lambda functions with Node.js") switches that off,
// up to Node.js 22.
fn tells_formats_apart(source: &PluginSource) -> bool {
    let consumer = source.written.value.consumer.as_ref();
    let runtime = consumer.and_then(|consumer| consumer.runtime.as_deref());
    runtime.is_some_and(|runtime| !["nodejs20.x", "nodejs22.x"].contains(&runtime))
}

fn other_format(path: &str, module: &str) -> Problem {
    let what = "Lambda reads this file as CommonJS, and it imports or exports as an ES module does";
    let hint = format!(
        "call it `{module}.mjs`, or write `\"type\": \"module\"` into the folder's `package.json`"
    );
    Problem::error(Code::ModuleKind, Place::file(path), what).hint(hint)
}

fn suggestion(function: &str, names: &Names) -> Option<String> {
    let known: Vec<&str> = names.known.iter().map(String::as_str).collect();
    did_you_mean(function, &known).or_else(|| match known.len() {
        0 => None,
        1..=LISTED => Some(format!("it can be {}", list(&known))),
        _ => Some("name a function of the file's top level".into()),
    })
}
