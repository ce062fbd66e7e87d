//! What a deploy would do: the one value that `diff`, `--dry-run` and the question show.
//!
//! In: what [`super::prepare`] found, and the release. Out: a [`Preview`]. Deliberately absent:
//! whether it may be done, and doing it.

use super::error::Cause;
use super::keep::Kept;
use super::place::located;
use super::prepare::{Before, Prepared};
use super::recover::Stranded;
use super::release::Release;
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
        let (account, first, deployed) = match prepared {
            Prepared::Unchanged(found) => {
                (&found.account, protection(found.protected, release), None)
            }
            Prepared::Stranded(found) => (
                &found.account,
                with_kept(goes_back(&found.stranded, release), found.kept.as_ref()),
                Some(&found.deployed),
            ),
            Prepared::Ready(ready) => (
                &ready.account,
                with_kept(made_anew(&ready.before, release), ready.kept.as_ref()),
                Some(&ready.deployed),
            ),
        };
        let none = || Changes { stacks: Vec::new(), access: Vec::new() };
        Self {
            stack: release.stack.clone(),
            account: account.clone(),
            first,
            changes: deployed.map_or_else(none, |deployed| diff(deployed, &release.templates)),
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

fn with_kept(first: Option<String>, kept: Option<&Kept>) -> Vec<String> {
    first.into_iter().chain(kept.map(ToString::to_string)).collect()
}

fn made_anew(before: &Before, release: &Release) -> Option<String> {
    let Before::FailedCreate { stack, cause, .. } = before else { return None };
    let why = told_cause(cause.as_ref(), release);
    Some(format!(
        "the first create of `{}` failed{why}; what is left of it goes, and it is made anew",
        stack.name
    ))
}

fn goes_back(stranded: &Stranded, release: &Release) -> Option<String> {
    let Stranded { stack, cause, unable } = stranded;
    let why = told_cause(cause.as_ref(), release);
    let unable = unable.iter().map(|one| format!("\n  could not go back: {one}"));
    Some(format!(
        "the last update of `{}` failed{why}; before anything else it goes back to the last state \
         that worked{}",
        stack.name,
        unable.collect::<String>()
    ))
}

fn told_cause(cause: Option<&Cause>, release: &Release) -> String {
    let cause = cause.map(|cause| located(cause.clone(), &release.places));
    cause.map(|cause| format!(": {cause}")).unwrap_or_default()
}
