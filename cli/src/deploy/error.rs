//! What can go wrong on AWS: every sentence names the call or the resource, the reason and the
//! next step. The SDK's own chain is kept apart, for `-v`.

pub use super::call::{CallError, CallFailure};
use super::explain::{self, is_summary};
pub use super::failure::{Cause, Failure, Told, Undeletable};
use super::failure::{all, failure_hint};
use super::meant::Loss;
use super::place::located;
use super::recover::Unable;
pub use super::refusal::Refusal;
use super::release::Release;

/// Which of the tool's exit codes an error has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitClass {
    /// 1: AWS, I/O or a bug.
    Failed,
    /// 2: what the user wrote.
    Input,
    /// 3: refused for safety.
    Refused,
}

/// What a deploy, a status or a destroy can end with.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The endpoint is no URL.
    #[error("the endpoint `{0}` is not an http or https URL")]
    Endpoint(String),
    /// Another account than the one that the env names.
    #[error("the env belongs to account `{expected}`, but these credentials are of `{actual}`")]
    WrongAccount {
        /// In `scheduler.toml`.
        expected: String,
        /// Of the credentials or the stack.
        actual: String,
    },
    /// The env is in another region than the project says now.
    #[error("`{stack}` is deployed in region `{there}`, not in `{here}` as the project says")]
    Elsewhere {
        /// The stack.
        stack: String,
        /// The region that the project names.
        here: String,
        /// The region that it is in.
        there: String,
    },
    /// The env is protected.
    #[error("`{stack}` is protected: `protect = true` stands in its env")]
    Protected {
        /// The stack.
        stack: String,
    },
    /// Termination protection is on though the env does not say so.
    #[error("termination protection of `{stack}` is on, though its env does not say `protect`")]
    TerminationProtected {
        /// The stack.
        stack: String,
    },
    /// A state that needs a hand.
    #[error("`{stack}` is in the state {state}{}", because(.reason.as_deref()))]
    Stuck {
        /// The stack.
        stack: String,
        /// StackStatus.
        state: String,
        /// CloudFormation's reason.
        reason: Option<String>,
        /// What to do.
        next: &'static str,
    },
    /// A delete began and could not end.
    #[error("`{stack}` is half deleted (DELETE_FAILED){}", in_the_way(.left, .reason))]
    HalfDeleted {
        /// The stack.
        stack: String,
        /// CloudFormation's own sentence on the stack.
        reason: Option<String>,
        /// What could not be deleted.
        left: Vec<Unable>,
    },
    /// Somebody else deployed meanwhile.
    #[error(
        "another deploy changed `{stack}` since it was looked at; nothing of this one was done"
    )]
    Overtaken {
        /// The stack.
        stack: String,
    },
    /// CloudFormation would take data away that nobody agreed to lose.
    #[error("CloudFormation would take data of `{stack}` away: {}; nothing of it was done", listed(.lost))]
    DataLoss {
        /// The stack.
        stack: String,
        /// What would go.
        lost: Vec<Loss>,
    },
    /// An update failed, and what it changed cannot be changed back.
    #[error("`{stack}` cannot go back to the last state that worked{}", kept_by(.unable, .cause, .reason))]
    CannotGoBack {
        /// The stack.
        stack: String,
        /// CloudFormation's own sentence on the stack.
        reason: Option<String>,
        /// What stands in the way.
        unable: Vec<Unable>,
        /// What failed first on the way back.
        cause: Option<Box<Cause>>,
    },
    /// A resource that the user wants skipped is not in the way.
    #[error("`{id}` does not keep `{stack}` from going back{}", but(.unable))]
    NotStranded {
        /// The resource, as the user named it.
        id: String,
        /// The stack.
        stack: String,
        /// What does.
        unable: Vec<String>,
    },
    /// A file to upload cannot be read or is not what its key says.
    #[error("cannot upload `{path}`: {reason}")]
    Object {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// CloudFormation refused the templates before anything changed.
    #[error("{0}")]
    ChangeSet(Box<Refusal>),
    /// The stack operation failed.
    #[error("{0}")]
    Failed(Box<Failure>),
    /// A delete that failed for good.
    #[error("{0}")]
    CannotDelete(Undeletable),
    /// What is deployed cannot be read.
    #[error("the deployed template of `{stack}` is not JSON: {reason}")]
    Foreign {
        /// The stack.
        stack: String,
        /// The parser's words.
        reason: String,
    },
    /// Nothing is deployed.
    #[error("`{stack}` is not deployed (state {state})")]
    NotDeployed {
        /// The stack.
        stack: String,
        /// StackStatus, or `ABSENT`.
        state: String,
    },
    /// The smoke check's deadline passed.
    #[error("`{stack}` is deployed, but {what}")]
    Smoke {
        /// The stack.
        stack: String,
        /// What was expected and what came.
        what: String,
    },
    /// Schedules that did not follow their jobs in time.
    #[error("`{stack}` is deployed, but {left} of its jobs and schedules do not agree yet")]
    OutOfStep {
        /// The stack.
        stack: String,
        /// How many.
        left: u64,
    },
}

pub(super) fn because(reason: Option<&str>) -> String {
    let reason = reason.filter(|reason| !is_summary(reason));
    reason.map_or_else(String::new, |reason| format!(": {}", explain::reason(reason).what))
}

fn listed(lost: &[Loss]) -> String {
    lost.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn in_the_way(unable: &[Unable], reason: &Option<String>) -> String {
    if unable.is_empty() { because(reason.as_deref()) } else { format!(": {}", all(unable)) }
}

fn kept_by(unable: &[Unable], cause: &Option<Box<Cause>>, reason: &Option<String>) -> String {
    match cause {
        Some(cause) if unable.is_empty() => format!(": {cause}"),
        _ => in_the_way(unable, reason),
    }
}

fn but(unable: &[String]) -> String {
    if unable.is_empty() { String::new() } else { format!(", but `{}`", unable.join("`, `")) }
}

impl DeployError {
    /// The error's exit code.
    #[must_use]
    pub fn exit(&self) -> ExitClass {
        match self {
            Self::Endpoint(_) | Self::NotStranded { .. } => ExitClass::Input,
            Self::WrongAccount { .. }
            | Self::Elsewhere { .. }
            | Self::Protected { .. }
            | Self::Overtaken { .. }
            | Self::DataLoss { .. }
            | Self::TerminationProtected { .. } => ExitClass::Refused,
            _ => ExitClass::Failed,
        }
    }

    /// With what the project knows of it: the place that a root cause comes from, the resources
    /// that wait for each other.
    #[must_use]
    pub fn located(mut self, release: &Release) -> Self {
        match &mut self {
            Self::Failed(failure) => {
                failure.cause = failure.cause.take().map(|cause| located(cause, &release.places));
            }
            Self::CannotGoBack { cause, .. } => {
                *cause = cause.take().map(|cause| Box::new(located(*cause, &release.places)));
            }
            Self::ChangeSet(refusal) => {
                **refusal = refusal.clone().located(&release.templates, &release.places);
            }
            _ => {}
        }
        self
    }

    /// The next step, as one sentence.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Call(call) => return Some(call.hint()),
            Self::Stuck { next, .. } => next,
            Self::WrongAccount { .. } => "choose the profile of that account with AWS_PROFILE",
            Self::Elsewhere { there, .. } => return Some(region_hint(there)),
            Self::Protected { .. } => "remove `protect` from the env and deploy, then destroy",
            Self::TerminationProtected { .. } => "run `scheduler deploy` first, it takes it off",
            Self::ChangeSet(refusal) => return Some(refusal.hint()),
            Self::HalfDeleted { .. } => "run `scheduler destroy` again, then deploy",
            Self::DataLoss { lost, .. } => {
                let flags = lost.iter().map(|one| format!("--allow-data-loss {}", one.id));
                let flags = flags.collect::<Vec<_>>().join(" ");
                return Some(format!("to agree to it, pass `{flags}`"));
            }
            Self::Overtaken { .. } => "look at the changes again: `scheduler deploy`",
            Self::CannotGoBack { unable, .. } => return Some(skip_hint(unable)),
            Self::NotStranded { .. } => "name it as `scheduler deploy` does",
            Self::Failed(failure) => return Some(failure_hint(failure)),
            Self::CannotDelete(left) => return Some(left.hint()),
            Self::Object { .. } => "run `scheduler build` and deploy again",
            Self::Endpoint(_) => "write it as `http://127.0.0.1:4566`",
            Self::NotDeployed { .. } => "deploy the env first: `scheduler deploy --env ENV`",
            Self::Smoke { .. } => "look at the function's log group, then deploy again",
            Self::OutOfStep { .. } => {
                "look at them with `scheduler verify`; `scheduler deploy` again has them mended"
            }
            Self::Foreign { .. } => {
                "something else made the stack of this name: choose another `[service]` name or \
                 env, or delete that stack"
            }
        };
        Some(text.to_owned())
    }

    /// What `-v` shows besides: AWS's own words.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        if let Self::Call(call) = self {
            return Some(call.detail.to_string());
        }
        let told: Vec<_> = self.told().iter().map(ToString::to_string).collect();
        (!told.is_empty()).then(|| told.join("\n"))
    }

    /// What is behind it, in AWS's own words, the root cause first.
    #[must_use]
    pub fn told(&self) -> Vec<Told> {
        match self {
            Self::Call(call) => vec![call.told()],
            Self::Failed(failure) => failure.told(),
            Self::ChangeSet(refusal) => refusal.told(),
            Self::CannotDelete(Undeletable { failure, left, .. }) => {
                left.iter().map(Unable::told).chain(failure.own_words()).collect()
            }
            Self::CannotGoBack { unable, cause, reason, .. } => {
                let own = reason.iter().map(|reason| Told::of_stack(reason));
                let first = cause.iter().map(|cause| cause.told());
                unable.iter().map(Unable::told).chain(first).chain(own).collect()
            }
            Self::HalfDeleted { left, reason, .. } => {
                let own = reason.iter().map(|reason| Told::of_stack(reason));
                left.iter().map(Unable::told).chain(own).collect()
            }
            Self::Stuck { reason, .. } => reason.iter().map(|one| Told::of_stack(one)).collect(),
            _ => Vec::new(),
        }
    }
}

/// What to do about an env whose `region` was changed.
#[must_use]
pub fn region_hint(there: &str) -> String {
    format!(
        "set `region` back to `{there}`; to move the env, destroy it there first (its data is not \
         taken along); a second one beside it needs a name of its own: `[env.NAME]` with a `region`"
    )
}

fn skip_hint(unable: &[Unable]) -> String {
    if unable.is_empty() {
        return "repair what stands in the way and deploy again".to_owned();
    }
    let flags: Vec<_> = unable.iter().map(|one| format!("--skip-rollback {}", one.id)).collect();
    format!(
        "repair what stands in the way and deploy again, or go on without it: `scheduler deploy {}`",
        flags.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_account_is_refused_not_failed() {
        let error = DeployError::WrongAccount { expected: "1".into(), actual: "2".into() };
        assert_eq!(error.exit(), ExitClass::Refused);
    }
}
