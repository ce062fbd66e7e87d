//! Every problem of a project at once: what the manifests say, and what their templates come to.
//!
//! In: [`Sources`]. Out: problems, and what was decided where nothing stands in the way. No
//! command goes on with an app that has not come through here.

use crate::app::App;
use crate::plan::{Plan, plan};
use crate::problem::{Problem, Severity};
use crate::resolve::{Base, base, env_names, resolve, sorted};
use crate::sources::{PLUGIN_MANIFEST, Sources};
use crate::synth::{Drafts, SynthError, drafts};
use crate::warnings::warnings;
use crate::written;

/// One env with everything that is known of it before anything is built.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// As decided.
    pub app: App,
    /// What follows from it.
    pub plan: Plan,
    /// What its templates come to.
    pub drafts: Drafts,
    /// What is told of it all the same.
    pub warnings: Vec<Problem>,
}

/// What a check of one env found.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The env; `None` where there is an error.
    pub decided: Option<Decided>,
    /// Sorted by place, no two alike.
    pub problems: Vec<Problem>,
}

/// One env, with every problem that is found before anything is built.
#[must_use]
pub fn app(sources: &Sources, env: &str) -> Checked {
    checked(sources, &base(sources), env)
}

/// Every problem of the project, over all of its envs.
#[must_use]
pub fn check(sources: &Sources) -> Vec<Problem> {
    let base = base(sources);
    let names = env_names(sources);
    sorted(names.iter().flat_map(|env| checked(sources, &base, env).problems).collect())
}

fn checked(sources: &Sources, base: &Base, env: &str) -> Checked {
    let resolved = resolve(sources, base, env);
    let Some(app) = resolved.app else {
        return Checked { decided: None, problems: resolved.problems };
    };
    let plan = plan(&app);
    let (drafts, errors) = drafts(&plan);
    let place = sources.app.document.key(&["env", env]);
    let found = errors.iter().flat_map(|error| told(sources, env, error));
    let found = found.chain(warnings(&app, &plan, &drafts, &place));
    let problems = sorted(resolved.problems.into_iter().chain(found).collect());
    let stopped = problems.iter().any(|problem| problem.severity == Severity::Error);
    let warnings = problems.clone();
    let decided = (!stopped).then_some(Decided { app, plan, drafts, warnings });
    Checked { decided, problems }
}

/// An error of the templates as problems: what a manifest mentions is told there.
fn told(sources: &Sources, env: &str, error: &SynthError) -> Vec<Problem> {
    let Some(problem) = error.problem() else { return Vec::new() };
    let dir = problem.place.path.strip_suffix(PLUGIN_MANIFEST).map(|dir| dir.trim_end_matches('/'));
    let places = match (error, dir) {
        (SynthError::Dangling { to, .. }, Some(dir)) => written::mentions(sources, (dir, env), to),
        _ => Vec::new(),
    };
    if places.is_empty() {
        return vec![problem];
    }
    let what = match error {
        SynthError::Dangling { to, .. } => format!("`{to}` is nothing that the plugin's stack has"),
        _ => problem.what.clone(),
    };
    places
        .into_iter()
        .map(|place| Problem { place, what: what.clone(), ..problem.clone() })
        .collect()
}
