//! Every problem of a project at once: what the manifests say, and what their templates come to.
//!
//! In: [`Sources`]. Out: problems, and the app where nothing stands in the way. No command goes
//! on with an app that has not come through here.

use crate::plan;
use crate::problem::{Problem, Severity};
use crate::resolve::{Base, Resolved, base, env_names, resolve, sorted};
use crate::sources::Sources;
use crate::synth;

/// One env, with every problem that is found before anything is built.
#[must_use]
pub fn app(sources: &Sources, env: &str) -> Resolved {
    checked(sources, &base(sources), env)
}

/// Every problem of the project, over all of its envs.
#[must_use]
pub fn check(sources: &Sources) -> Vec<Problem> {
    let base = base(sources);
    let names = env_names(sources);
    sorted(names.iter().flat_map(|env| checked(sources, &base, env).problems).collect())
}

fn checked(sources: &Sources, base: &Base, env: &str) -> Resolved {
    let resolved = resolve(sources, base, env);
    let Some(app) = &resolved.app else { return resolved };
    let errors = synth::check(&plan::plan(app));
    let found = errors.iter().filter_map(synth::SynthError::problem);
    let problems = sorted(resolved.problems.into_iter().chain(found).collect());
    let stopped = problems.iter().any(|problem| problem.severity == Severity::Error);
    Resolved { app: resolved.app.filter(|_| !stopped), problems }
}
