//! What a deploy would do: the one value that `diff`, `--dry-run` and the question show.
//!
//! In: what [`super::prepare`] found, and the release. Out: a [`Preview`]. Deliberately absent:
//! whether it may be done, and doing it.

use super::error::{Cause, DeployError};
use super::place::located;
use super::ports::Writes;
use super::prepare::{Before, Prepared, ReadyDeploy};
use super::recover::{Stranded, go_back};
use super::release::Release;
use super::session::Session;
use scheduler_plan::diff::{Changes, diff};
use serde::Serialize;
use std::fmt;

/// What a deploy would do, in its order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preview {
    /// The stack's name.
    pub stack: String,
    /// The account that it is in.
    pub account: String,
    /// What happens before the change, such as that a stack is made anew.
    pub first: Vec<String>,
    /// The change.
    #[serde(flatten)]
    pub changes: Changes,
}

impl Preview {
    /// Of what was found.
    #[must_use]
    pub fn of(prepared: &Prepared, release: &Release) -> Self {
        match prepared {
            Prepared::Unchanged(found) => Self {
                stack: release.stack.clone(),
                account: found.account.clone(),
                first: protection(found.protected, release),
                changes: Changes { stacks: Vec::new(), access: Vec::new() },
            },
            Prepared::Ready(ready) => Self {
                stack: release.stack.clone(),
                account: ready.account.clone(),
                first: first(ready, release),
                changes: diff(&ready.deployed, &release.templates),
            },
        }
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.is_empty() && self.changes.is_empty()
    }
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stack: _, account: _, first, changes } = self;
        if self.is_empty() {
            return f.write_str("no differences");
        }
        first.iter().try_for_each(|one| writeln!(f, "first: {one}"))?;
        if !first.is_empty() {
            writeln!(f)?;
        }
        write!(f, "{changes}")
    }
}

/// Somebody switched it by hand, or the env says otherwise now.
fn protection(is_on: bool, release: &Release) -> Vec<String> {
    let becomes = match (is_on, release.protect) {
        (true, false) => "off",
        (false, true) => "on",
        _ => return Vec::new(),
    };
    vec![format!("the termination protection of `{}` is switched {becomes}", release.stack)]
}

fn first(ready: &ReadyDeploy, release: &Release) -> Vec<String> {
    let mut first = Vec::new();
    match &ready.before {
        Before::Absent | Before::Shell | Before::Live(_) => {}
        Before::FailedCreate { stack, cause, .. } => {
            let why = told_cause(cause.as_ref(), release);
            first.push(format!(
                "the first create of `{}` failed{why}; what is left of it goes, and it is made anew",
                stack.name
            ));
        }
        Before::Stranded(Stranded { stack, cause, unable }) => {
            let why = told_cause(cause.as_ref(), release);
            let unable = unable.iter().map(|one| format!("\n  could not go back: {one}"));
            first.push(format!(
                "the last update of `{}` failed{why}; before anything else it goes back to the \
                 last state that worked{}",
                stack.name,
                unable.collect::<String>()
            ));
        }
    }
    if let Some(kept) = &ready.kept {
        first.push(kept.to_string());
    }
    first
}

fn told_cause(cause: Option<&Cause>, release: &Release) -> String {
    let cause = cause.map(|cause| located(cause.clone(), &release.places));
    cause.map(|cause| format!(": {cause}")).unwrap_or_default()
}

/// Brings a stack that could not go back to its last state that worked: only then can it be seen
/// what the deploy would change.
///
/// # Errors
/// A failed call; what still cannot go back.
pub async fn back(
    cloud: &impl Writes,
    stranded: Stranded,
    (skip, release): (&[String], &Release),
    session: &Session<'_>,
) -> Result<(), DeployError> {
    let plugins = &release.templates.nested_ids;
    go_back(cloud, stranded, (skip, plugins), session).await.map(drop)
}
