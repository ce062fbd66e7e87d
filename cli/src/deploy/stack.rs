//! A stack as CloudFormation describes it, parsed once.

use std::collections::BTreeMap;
use std::fmt;

/// What DescribeStacks says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// The ARN; polling by it finds a deleted stack too.
    pub id: String,
    /// The name.
    pub name: String,
    /// The state.
    pub state: StackState,
    /// Why it is in that state, where CloudFormation says so.
    pub reason: Option<String>,
    /// Output key -> value.
    pub outputs: BTreeMap<String, String>,
    /// Parameter -> value.
    pub parameters: BTreeMap<String, String>,
    /// Termination protection.
    pub protected: bool,
}

impl Stack {
    /// The account in the stack's ARN (`arn:aws:cloudformation:REGION:ACCOUNT:stack/...`).
    #[must_use]
    pub fn account(&self) -> &str {
        self.id.split(':').nth(4).unwrap_or_default()
    }
}

/// StackStatus, as CloudFormation spells it, with what this engine asks of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackState(String);

/// The answer that a state needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Situation {
    /// Nothing is there, or only the empty shell of an abandoned change set.
    Absent,
    /// An update can start.
    Settled,
    /// Something is going on; wait for it.
    Busy,
    /// The first create failed; the stack was never whole and can only be deleted.
    FailedCreate,
    /// An update failed, and so did going back.
    FailedRollback,
    /// An update failed with rollback switched off, by someone else's hand.
    FailedUpdate,
    /// A delete failed half-way.
    FailedDelete,
    /// Taking existing resources in failed, and so did letting go of them.
    FailedImport,
    /// A state that this tool does not know.
    Stuck,
}

impl StackState {
    /// The state of this name.
    #[must_use]
    pub fn new(status: &str) -> Self {
        Self(status.to_owned())
    }

    /// As CloudFormation spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The answer that the state needs.
    #[must_use]
    pub fn situation(&self) -> Situation {
        match self.0.as_str() {
            "REVIEW_IN_PROGRESS" | "DELETE_COMPLETE" => Situation::Absent,
            "CREATE_FAILED" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" => Situation::FailedCreate,
            "UPDATE_ROLLBACK_FAILED" => Situation::FailedRollback,
            "UPDATE_FAILED" => Situation::FailedUpdate,
            "DELETE_FAILED" => Situation::FailedDelete,
            "IMPORT_ROLLBACK_FAILED" => Situation::FailedImport,
            status if status.ends_with("_IN_PROGRESS") => Situation::Busy,
            status if status.ends_with("_COMPLETE") => Situation::Settled,
            _ => Situation::Stuck,
        }
    }

    /// Whether a create, an update or an import reached what it wanted.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self.0.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE")
    }

    /// Whether nothing is left; by its ARN a deleted stack is still described, for 90 days.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.0 == "DELETE_COMPLETE"
    }
}

impl fmt::Display for StackState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackResource {
    /// Its id in the template.
    pub logical_id: String,
    /// Its name, id or ARN; empty before it exists.
    pub physical_id: String,
    /// Such as `AWS::S3::Bucket`.
    pub kind: String,
    /// ResourceStatus.
    pub status: String,
    /// ResourceStatusReason; empty where there is none.
    pub reason: String,
}

/// The type of a nested stack.
pub const NESTED_STACK: &str = "AWS::CloudFormation::Stack";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_answer() {
        let answers = [
            ("REVIEW_IN_PROGRESS", Situation::Absent),
            ("DELETE_COMPLETE", Situation::Absent),
            ("CREATE_COMPLETE", Situation::Settled),
            ("UPDATE_ROLLBACK_COMPLETE", Situation::Settled),
            ("IMPORT_COMPLETE", Situation::Settled),
            ("IMPORT_ROLLBACK_COMPLETE", Situation::Settled),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Situation::Busy),
            ("DELETE_IN_PROGRESS", Situation::Busy),
            ("ROLLBACK_COMPLETE", Situation::FailedCreate),
            ("ROLLBACK_FAILED", Situation::FailedCreate),
            ("UPDATE_ROLLBACK_FAILED", Situation::FailedRollback),
            ("DELETE_FAILED", Situation::FailedDelete),
            ("UPDATE_FAILED", Situation::FailedUpdate),
            ("CREATE_FAILED", Situation::FailedCreate),
            ("IMPORT_ROLLBACK_FAILED", Situation::FailedImport),
            ("QUITE_NEW_FAILED", Situation::Stuck),
        ];
        for (status, situation) in answers {
            assert_eq!(StackState::new(status).situation(), situation, "{status}");
        }
    }

    #[test]
    fn the_account_is_read_from_the_arn() {
        let stack = Stack {
            id: "arn:aws:cloudformation:eu-central-1:123456789012:stack/s-dev/u".into(),
            name: "s-dev".into(),
            state: StackState::new("CREATE_COMPLETE"),
            reason: None,
            outputs: BTreeMap::new(),
            parameters: BTreeMap::new(),
            protected: false,
        };
        assert_eq!(stack.account(), "123456789012");
    }
}
