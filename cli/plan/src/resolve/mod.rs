//! From what was written to what is decided, with every problem on the way.
//!
//! In: [`Sources`] and the name of an env. Out: an [`App`] where nothing stands in the way, and
//! all problems. Deliberately absent: reading, and anything about AWS that is not a limit of the
//! manifests.

mod builds;
mod consumer;
mod environment;
mod envs;
mod external;
pub(crate) mod handler;
pub(crate) mod node;
pub(crate) mod pins;
mod plugin;
pub mod schema;
mod types;

pub use envs::{env_meant, env_names};
pub use handler::{node_names, python_names};
pub use types::not_utf8;

use crate::app::{App, Plugin};
use crate::code::Code;
use crate::problem::{Place, Problem, Severity};
use crate::schemas;
use crate::sources::{FileFact, Sources};
use serde_json::Value;

/// An app, where nothing stands in the way, and all problems.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// The app; `None` where there is an error.
    pub app: Option<App>,
    /// Sorted by place, no two alike.
    pub problems: Vec<Problem>,
}

/// How to make something readable.
pub const READABLE: &str =
    "give whoever runs this the right to read it, or mend the link that leads to it";

/// A key whose feature is not there is refused, never ignored.
pub(crate) fn not_yet(place: Place, feature: &str) -> Problem {
    Problem::error(
        Code::NotSupportedYet,
        place,
        format!("{feature} is not supported by this version yet"),
    )
}

/// Collects problems.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    problems: Vec<Problem>,
}

impl Findings {
    /// An error whose repair is what its code says.
    pub(crate) fn error(&mut self, code: Code, place: Place, what: impl Into<String>) {
        self.problems.push(Problem::error(code, place, what));
    }

    /// A problem as it is.
    pub(crate) fn push(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The value, or why there is none, told at a place.
    pub(crate) fn parsed<T>(
        &mut self,
        code: Code,
        place: Place,
        parsed: Result<T, String>,
    ) -> Option<T> {
        parsed.map_err(|why| self.error(code, place, why)).ok()
    }
}

/// What does not depend on an env: the plugins and the job types.
#[derive(Debug, Clone)]
pub struct Base {
    plugins: Vec<Plugin>,
    types: types::JobTypes,
    problems: Vec<Problem>,
}

/// Resolves what does not depend on an env, once for all of them.
#[must_use]
pub fn base(sources: &Sources) -> Base {
    let mut findings = Findings { problems: sources.problems.clone() };
    let types = types::job_types(sources, &mut findings);
    let plugins =
        sources.plugins.iter().filter_map(|source| plugin::plugin(source, &mut findings)).collect();
    plugin::distinct_names(sources, &mut findings);
    editors(sources, &mut findings);
    Base { plugins, types, problems: findings.problems }
}

/// The schemas that `init` wrote stay as they are when `scheduler` is updated: editors would go on by
/// the old ones.
fn editors(sources: &Sources, findings: &mut Findings) {
    let kept =
        [(schemas::FILE, schemas::manifest()), (schemas::PLUGIN_FILE, schemas::plugin_manifest())];
    for (path, schema) in kept {
        let Some(FileFact::Text(text)) = sources.files.get(path) else { continue };
        // However it is laid out.
        if serde_json::from_str::<Value>(text).is_ok_and(|kept| kept == *schema) {
            continue;
        }
        let what = format!("`{path}` is another version's: editors complete and check by it");
        let place = Place::file(sources.app.document.path());
        findings.push(Problem::warning(Code::StaleSchema, place, what));
    }
}

/// Resolves one env.
#[must_use]
pub fn resolve(sources: &Sources, base: &Base, env: &str) -> Resolved {
    let mut findings = Findings { problems: base.problems.clone() };
    let app = envs::app(sources, base, env, &mut findings);
    let problems = sorted(findings.problems);
    let stopped = problems.iter().any(|problem| problem.severity == Severity::Error);
    Resolved { app: app.filter(|_| !stopped), problems }
}

pub(crate) fn sorted(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort();
    problems.dedup();
    problems
}
