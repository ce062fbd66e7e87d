//! Every problem of a project at once: what the manifests say, and what their templates come to.
//!
//! In: [`Sources`]. Out: problems, and what was decided where nothing stands in the way. No
//! command goes on with an app that has not come through here.

use crate::app::App;
use crate::plan::{Plan, plan};
use crate::problem::{Problem, Severity};
use crate::resolve::{Base, base, env_names, resolve, sorted};
use crate::sources::Sources;
use crate::synth::{Drafts, SynthError, drafts};
use crate::warnings::warnings;

/// One env with everything that is known of it before anything is built.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// As decided.
    pub app: App,
    /// What follows from it.
    pub plan: Plan,
    /// What its templates come to.
    pub drafts: Drafts,
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
    let found = errors.iter().filter_map(SynthError::problem);
    let found = found.chain(warnings(&app, &plan, &drafts, &place));
    let problems = sorted(resolved.problems.into_iter().chain(found).collect());
    let stopped = problems.iter().any(|problem| problem.severity == Severity::Error);
    let decided = (!stopped).then_some(Decided { app, plan, drafts });
    Checked { decided, problems }
}
