//! A stack operation that failed: its one root cause, and the next step.

use super::error::because;
use super::explain::{self, Explained};
use super::origin::Origin;
use super::recover::Unable;
use serde::Serialize;
use std::fmt;

/// A failed stack operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The stack.
    pub stack: String,
    /// The state that it ended in.
    pub state: String,
    /// The one root cause, where the events show one.
    pub cause: Option<Cause>,
    /// CloudFormation's own sentence on the stack.
    pub reason: Option<String>,
}

/// A stack that could not be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undeletable {
    /// How the delete failed.
    pub failure: Box<Failure>,
    /// Everything that could not be deleted; its id is what `--retain` takes.
    pub left: Vec<Unable>,
    /// The command that leaves all of it behind; empty where nothing is known to be left.
    pub leave: String,
}

/// The first real failure of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The resource.
    pub origin: Origin,
    /// The service's own words.
    pub reason: String,
}

/// What a program learns of a failure besides its sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// What it is about.
    #[serde(flatten)]
    pub origin: Origin,
    /// AWS's own words.
    pub aws: String,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin.resource {
            Some(resource) => write!(f, "AWS says of `{resource}`: {}", self.aws),
            None => write!(f, "AWS says: {}", self.aws),
        }
    }
}

impl Told {
    /// What CloudFormation says of a whole stack.
    pub(super) fn of_stack(reason: &str) -> Self {
        Self { origin: Origin::default(), aws: reason.to_owned() }
    }
}

impl Failure {
    pub(super) fn told(&self) -> Vec<Told> {
        self.cause.iter().map(Cause::told).chain(self.own_words()).collect()
    }

    pub(super) fn own_words(&self) -> impl Iterator<Item = Told> {
        self.reason.iter().map(|reason| Told::of_stack(reason))
    }
}

impl Cause {
    pub(super) fn explained(&self) -> Explained {
        explain::of(&self.reason, self.origin.kind.as_deref())
    }

    pub(super) fn told(&self) -> Told {
        Told { origin: self.origin.clone(), aws: self.reason.clone() }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin: Origin { plugin, resource, kind, place }, reason: _ } = self;
        if let (Some(id), Some(kind)) = (resource, kind) {
            write!(f, "`{id}` ({kind})")?;
        }
        if let Some(plugin) = plugin {
            write!(f, " of plugin `{plugin}`")?;
        }
        write!(f, " failed: {}", self.explained().what)?;
        match place {
            Some(place) => write!(f, " (from {place})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Some(cause) => write!(f, "{cause}; `{}` ended in {}", self.stack, self.state),
            None => {
                let reason = because(self.reason.as_deref());
                write!(f, "`{}` ended in {}{reason}", self.stack, self.state)
            }
        }
    }
}

impl fmt::Display for Undeletable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { failure, left, leave: _ } = self;
        match left.is_empty() {
            true => write!(f, "{failure}"),
            false => write!(f, "`{}` could not be deleted whole: {}", failure.stack, all(left)),
        }
    }
}

/// Each with its reason.
pub(super) fn all(resources: &[Unable]) -> String {
    resources.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Undeletable {
    /// The next step, as one sentence.
    pub(super) fn hint(&self) -> String {
        match self.leave.is_empty() {
            true => failure_hint(&self.failure),
            false => format!(
                "remove what stands in the way and destroy again, or leave it behind: `{}`",
                self.leave
            ),
        }
    }
}

/// The next step, as one sentence.
pub(super) fn failure_hint(failure: &Failure) -> String {
    let next = match failure.state.as_str() {
        "ROLLBACK_COMPLETE" => {
            "nothing was kept; correct it and deploy again, the failed stack is then recreated"
        }
        "ROLLBACK_FAILED" => {
            "correct it and deploy again: what is left of the failed stack goes, and it is recreated"
        }
        "UPDATE_ROLLBACK_FAILED" => {
            "it could not even go back; `scheduler deploy` says why, and takes it up from there"
        }
        "DELETE_FAILED" => "remove what stands in the way and destroy again",
        "REVIEW_IN_PROGRESS" => "CloudFormation never began; deploy again",
        _ => "the stack is as it was before; correct it and deploy again",
    };
    let known = failure.cause.as_ref().and_then(|cause| cause.explained().hint);
    known.map_or_else(|| next.to_owned(), |hint| format!("{hint}; {next}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_resource_plugin_and_reason() {
        let failure = Failure {
            stack: "mon-dev".into(),
            state: "ROLLBACK_COMPLETE".into(),
            cause: Some(Cause {
                origin: Origin {
                    plugin: Some("html-checker".into()),
                    resource: Some("Queue".into()),
                    kind: Some("AWS::SQS::Queue".into()),
                    place: Some("plugins/html-checker/resources.json:7".into()),
                },
                reason: "invalid value".into(),
            }),
            reason: None,
        };
        assert_eq!(
            failure.to_string(),
            "`Queue` (AWS::SQS::Queue) of plugin `html-checker` failed: invalid value \
             (from plugins/html-checker/resources.json:7); `mon-dev` ended in ROLLBACK_COMPLETE"
        );
    }
}
