//! The requirements of a Python plugin: each one of exactly one version, so that the same file
//! gives the same zip tomorrow and elsewhere.

use super::Findings;
use super::types::{stays_inside, text_of};
use crate::code::Code;
use crate::manifest::{BuildKind, BuildTable, PluginManifest};
use crate::problem::{Place, Problem};
use crate::requirements::{Line, Says, lines};
use crate::sources::{FileFact, PluginSource};

/// The file that is read where nobody names another.
const DEFAULT: &str = "requirements.txt";

/// The file to read.
pub(crate) fn file(plugin: &PluginManifest) -> Option<&str> {
    let table = plugin.build.as_ref()?;
    let named = table.requirements.as_deref();
    (table.kind == Some(BuildKind::Python)).then(|| named.unwrap_or(DEFAULT))
}

/// Whether packages are going to lie beside the folder's own modules.
pub(crate) fn are_there(source: &PluginSource) -> bool {
    let text = file(&source.written.value).and_then(|path| source.files.get(path));
    matches!(text, Some(FileFact::Text(text)) if asks_for_packages(&lines(text)))
}

/// The file, where it asks for packages; what is wrong in it is told.
pub(super) fn pinned(
    source: &PluginSource,
    table: &BuildTable,
    findings: &mut Findings,
) -> Option<String> {
    let name = table.requirements.as_deref().unwrap_or(DEFAULT);
    let place = source.written.document.value(&["build", "requirements"]);
    let fact = source.files.get(name);
    let unwritten = table.requirements.is_none();
    if unwritten && matches!(fact, None | Some(FileFact::Missing | FileFact::Folder)) {
        return None;
    }
    if !stays_inside(name, &place, findings) {
        return None;
    }
    let path = format!("{}/{name}", source.dir);
    let lines = lines(text_of(&path, fact, place, findings)?);
    for line in &lines {
        if let Some(problem) = problem(&path, line) {
            findings.push(problem);
        }
    }
    asks_for_packages(&lines).then(|| name.to_owned())
}

fn asks_for_packages(lines: &[Line<'_>]) -> bool {
    lines.iter().any(|line| line.says != Says::Search)
}

fn problem(path: &str, line: &Line<'_>) -> Option<Problem> {
    let place = Place { path: path.to_owned(), line: line.number, column: line.column };
    match &line.says {
        Says::Pinned { .. } | Says::Search => None,
        Says::Unpinned { name } => {
            let what = format!("`{name}` is not pinned to one version");
            let hint = format!(
                "write `{name}==VERSION`; `pip freeze`, or pip-compile of pip-tools, tells the \
                 versions that work"
            );
            Some(Problem::error(Code::UnpinnedRequirement, place, what).hint(hint))
        }
        Says::Foreign { what } => {
            let what = format!("`{what}` leads out of this file");
            let hint = "write every package into this one file, as `name==version`";
            Some(Problem::error(Code::ForeignRequirement, place, what).hint(hint))
        }
    }
}
