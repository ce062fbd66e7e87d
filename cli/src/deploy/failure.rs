//! A stack operation that failed: its one root cause, and the next step.

use super::error::because;
use super::explain;
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
    /// What to name with `--retain` to leave it behind.
    pub retain: Option<String>,
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

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plugin, logical_id, kind, reason, place: _ } = self;
        write!(f, "`{logical_id}` ({kind})")?;
        if let Some(plugin) = plugin {
            write!(f, " of plugin `{plugin}`")?;
        }
        write!(f, " failed: {}", explain::reason(reason).what)?;
        match &self.place {
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
        _ => "the stack is as it was before; correct it and deploy again",
    };
    let known = failure.cause.as_ref().and_then(|cause| explain::reason(&cause.reason).hint);
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
