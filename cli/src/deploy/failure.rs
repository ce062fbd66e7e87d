//! A stack operation that failed: its one root cause, and the next step.

use super::error::because;
use super::explain::{self, Explained};
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
    /// The plugin of the nested stack, where it happened in one.
    pub plugin: Option<String>,
    /// The resource's id in its template.
    pub logical_id: String,
    /// Such as `AWS::SQS::Queue`.
    pub kind: String,
    /// The service's own words.
    pub reason: String,
    /// Where in the project it comes from, where that is known: `FILE` or `FILE:LINE`.
    pub place: Option<String>,
}

/// What a program learns of a failure besides its sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The plugin, where it happened in one's stack.
    pub plugin: Option<String>,
    /// The resource's id in its template, or the ARN of what a call was about.
    pub resource: Option<String>,
    /// Such as `AWS::SQS::Queue`, or the IAM action of a call.
    pub kind: Option<String>,
    /// Where in the project it comes from: `FILE` or `FILE:LINE`.
    pub place: Option<String>,
    /// AWS's own words.
    pub aws: String,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.resource {
            Some(resource) => write!(f, "AWS says of `{resource}`: {}", self.aws),
            None => write!(f, "AWS says: {}", self.aws),
        }
    }
}

impl Told {
    /// What CloudFormation says of a whole stack.
    pub(super) fn of_stack(reason: &str) -> Self {
        Self { plugin: None, resource: None, kind: None, place: None, aws: reason.to_owned() }
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
        explain::of(&self.reason, Some(&self.kind))
    }

    pub(super) fn told(&self) -> Told {
        Told {
            plugin: self.plugin.clone(),
            resource: Some(self.logical_id.clone()),
            kind: Some(self.kind.clone()),
            place: self.place.clone(),
            aws: self.reason.clone(),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plugin, logical_id, kind, reason: _, place } = self;
        write!(f, "`{logical_id}` ({kind})")?;
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
        "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" => {
            "nothing was kept; correct it and deploy again, the failed stack is then recreated"
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
                plugin: Some("html-checker".into()),
                logical_id: "Queue".into(),
                kind: "AWS::SQS::Queue".into(),
                reason: "invalid value".into(),
                place: Some("plugins/html-checker/resources.json:7".into()),
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
