//! What can go wrong on AWS: every sentence names the call or the resource, the reason and the
//! next step. The SDK's own chain is kept apart, for `-v`.

use super::circle::circle;
use super::explain::{self, is_summary};
use super::failure::failure_hint;
pub use super::failure::{Cause, Failure, Undeletable};
use super::meant::Loss;
use super::place::located;
use super::recover::Unable;
use super::release::Release;
use std::fmt;

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

/// One AWS call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// The IAM action of the call, such as `cloudformation:CreateChangeSet`.
    pub action: &'static str,
    /// What it was about: a stack, a bucket, a function.
    pub resource: String,
    /// Why it failed.
    pub why: CallFailure,
    /// The SDK's whole chain, for `-v`.
    pub detail: String,
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallFailure {
    /// No credentials were found; the text is the provider's.
    NoCredentials(String),
    /// The credentials' time is over.
    Expired,
    /// AWS does not know the credentials.
    BadCredentials,
    /// The credentials are good but may not do this; the text is AWS's.
    Denied(String),
    /// Nobody answered at the address.
    Unreachable(String),
    /// Too many calls; only polls survive it.
    Throttled,
    /// The resource is not there.
    Missing,
    /// The resource lives in another region.
    WrongRegion,
    /// Anything else: AWS's code and message.
    Other {
        /// The code, such as `ValidationError`.
        code: String,
        /// The message.
        message: String,
    },
}

impl CallError {
    /// Whether trying again later may help: a poll goes on.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match &self.why {
            CallFailure::Throttled | CallFailure::Unreachable(_) => true,
            CallFailure::Other { code, .. } => {
                matches!(code.as_str(), "InternalFailure" | "ServiceUnavailable")
            }
            _ => false,
        }
    }

    /// Whether the resource is not there.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.why == CallFailure::Missing
    }
}

impl std::error::Error for CallError {}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { action, resource, why, detail: _ } = self;
        write!(f, "`{action}` on `{resource}` failed: ")?;
        match why {
            CallFailure::NoCredentials(text) => write!(f, "no usable AWS credentials ({text})"),
            CallFailure::Expired => f.write_str("the AWS credentials have expired"),
            CallFailure::BadCredentials => f.write_str("AWS does not know these credentials"),
            CallFailure::Denied(text) => write!(f, "access denied ({text})"),
            CallFailure::Unreachable(address) => write!(f, "nobody answers at `{address}`"),
            CallFailure::Throttled => f.write_str("AWS took no more calls for a while"),
            CallFailure::Missing => f.write_str("it does not exist"),
            CallFailure::WrongRegion => f.write_str("it lives in another region"),
            CallFailure::Other { code, message } => write!(f, "{message} ({code})"),
        }
    }
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
    /// Somebody else deployed meanwhile.
    #[error(
        "another deploy changed `{stack}` since it was looked at; nothing of this one was done"
    )]
    Overtaken {
        /// The stack.
        stack: String,
    },
    /// CloudFormation would take data away that nobody agreed to lose.
    #[error("CloudFormation would take data of `{stack}` away: {}; nothing was changed", all(.lost))]
    DataLoss {
        /// The stack.
        stack: String,
        /// What would go.
        lost: Vec<Loss>,
    },
    /// An update failed, and what it changed cannot be changed back.
    #[error("`{stack}` cannot go back to the last state that worked{}", in_the_way(.unable, .reason))]
    CannotGoBack {
        /// The stack.
        stack: String,
        /// CloudFormation's own sentence on the stack.
        reason: Option<String>,
        /// What stands in the way.
        unable: Vec<Unable>,
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
    /// The asset bucket cannot be used.
    #[error("the asset bucket `{bucket}` cannot be used: {reason}")]
    Bucket {
        /// The bucket.
        bucket: String,
        /// Why.
        reason: String,
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
    #[error("CloudFormation refused the change of `{stack}`: {}", explain::reason(.reason).what)]
    ChangeSet {
        /// The stack.
        stack: String,
        /// CloudFormation's reason.
        reason: String,
    },
    /// The stack operation failed.
    #[error("{0}")]
    Failed(Box<Failure>),
    /// A delete that failed for good.
    #[error("{}", .0.failure)]
    CannotDelete(Undeletable),
    /// What is deployed cannot be read.
    #[error("the deployed template of `{stack}` is not JSON: {reason}")]
    Foreign {
        /// The stack.
        stack: String,
        /// The parser's words.
        reason: String,
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

fn all(lost: &[Loss]) -> String {
    lost.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn in_the_way(unable: &[Unable], reason: &Option<String>) -> String {
    let told: Vec<_> = unable.iter().map(ToString::to_string).collect();
    if told.is_empty() { because(reason.as_deref()) } else { format!(": {}", told.join(", ")) }
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
                failure.cause = failure.cause.take().map(|cause| located(cause, &release.files));
            }
            Self::ChangeSet { reason, .. } => {
                if let Some(circle) = circle(reason, &release.templates) {
                    *reason = format!("resources wait for each other: {circle}");
                }
            }
            _ => {}
        }
        self
    }

    /// The next step, as one sentence.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Call(call) => return call_hint(call),
            Self::Stuck { next, .. } => next,
            Self::WrongAccount { .. } => "choose the profile of that account with AWS_PROFILE",
            Self::Protected { .. } => "remove `protect` from the env and deploy, then destroy",
            Self::TerminationProtected { .. } => "run `scheduler deploy` first, it takes it off",
            Self::ChangeSet { reason, .. } => {
                let known = explain::reason(reason).hint;
                let known = known.map_or_else(String::new, |hint| format!("; {hint}"));
                return Some(format!("nothing was changed; correct it and deploy again{known}"));
            }
            Self::DataLoss { lost, .. } => {
                let flags = lost.iter().map(|one| format!("--allow-data-loss {}", one.id));
                let flags = flags.collect::<Vec<_>>().join(" ");
                return Some(format!("to agree to it, pass `{flags}`"));
            }
            Self::Overtaken { .. } => "look at the changes again: `scheduler deploy`",
            Self::CannotGoBack { unable, .. } => return Some(skip_hint(unable)),
            Self::NotStranded { .. } => "name it as `scheduler deploy` does",
            Self::Failed(failure) => return Some(failure_hint(failure)),
            Self::CannotDelete(Undeletable { failure, retain }) => {
                let leave = retain.as_ref().map_or_else(String::new, |id| {
                    format!(", or leave it behind: `scheduler destroy --retain {id}`")
                });
                return Some(format!("{}{leave}", failure_hint(failure)));
            }
            Self::Object { .. } => "run `scheduler build` and deploy again",
            Self::Endpoint(_) => "write it as `http://127.0.0.1:4566`",
            Self::Smoke { .. } => "look at the function's log group, then deploy again",
            Self::OutOfStep { .. } => {
                "look at them with `scheduler verify`; `scheduler deploy` again has them mended"
            }
            Self::Bucket { .. } | Self::Foreign { .. } => return None,
        };
        Some(text.to_owned())
    }

    /// What `-v` shows besides.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Call(call) => Some(&call.detail),
            _ => None,
        }
    }
}

fn call_hint(call: &CallError) -> Option<String> {
    let text = match &call.why {
        CallFailure::NoCredentials(_) => {
            "sign in (`aws sso login`, `aws configure`), or set AWS_PROFILE or AWS_ACCESS_KEY_ID"
        }
        CallFailure::Expired => "sign in again, such as with `aws sso login`",
        CallFailure::BadCredentials => "look at AWS_PROFILE, AWS_ACCESS_KEY_ID and the region",
        CallFailure::Denied(_) => {
            return Some(format!(
                "allow `{}` on `{}` for this identity",
                call.action, call.resource
            ));
        }
        CallFailure::Unreachable(_) => "look at --endpoint-url, AWS_ENDPOINT_URL and the network",
        CallFailure::Throttled => "wait a minute and run it again",
        CallFailure::WrongRegion => "use the region that it was made in",
        CallFailure::Missing | CallFailure::Other { .. } => return None,
    };
    Some(text.to_owned())
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

    fn call(why: CallFailure) -> DeployError {
        DeployError::Call(CallError {
            action: "cloudformation:CreateChangeSet",
            resource: "mon-dev".into(),
            why,
            detail: "the chain".into(),
        })
    }

    #[test]
    fn access_denied_names_the_action_to_allow() {
        let error = call(CallFailure::Denied("no policy allows it".into()));
        assert_eq!(
            error.to_string(),
            "`cloudformation:CreateChangeSet` on `mon-dev` failed: access denied (no policy allows it)"
        );
        assert_eq!(
            error.hint().as_deref(),
            Some("allow `cloudformation:CreateChangeSet` on `mon-dev` for this identity")
        );
        assert_eq!(error.exit(), ExitClass::Failed);
    }

    #[test]
    fn a_wrong_account_is_refused_not_failed() {
        let error = DeployError::WrongAccount { expected: "1".into(), actual: "2".into() };
        assert_eq!(error.exit(), ExitClass::Refused);
    }
}
