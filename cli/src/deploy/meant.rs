//! What a change set would do to data, by CloudFormation's own account.

use super::error::DeployError;
use super::ports::{MeantChange, StackReader};
use super::stack::NESTED_STACK;
use scheduler_plan::diff::holds_data;
use std::fmt;

/// A resource whose data would go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// As `diff` names it: `Table`, or `PluginMail/State`.
    pub id: String,
    /// Its type.
    pub kind: String,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({})", self.id, self.kind)
    }
}

/// Everything of it, nested stacks included.
pub(super) async fn losses(
    cloud: &impl StackReader,
    meant: &[MeantChange],
) -> Result<Vec<Loss>, DeployError> {
    let mut all: Vec<_> =
        meant.iter().filter(|one| is_loss(one)).map(|one| loss(one, "")).collect();
    for stack in meant.iter().filter(|one| one.kind == NESTED_STACK) {
        let Some(id) = &stack.nested else { continue };
        let inside = cloud.change_set(id).await?.changes;
        let within = format!("{}/", stack.logical_id);
        all.extend(inside.iter().filter(|one| is_loss(one)).map(|one| loss(one, &within)));
    }
    Ok(all)
}

fn loss(change: &MeantChange, within: &str) -> Loss {
    Loss { id: format!("{within}{}", change.logical_id), kind: change.kind.clone() }
}

/// `Conditional` is what CloudFormation says where a value is not known yet: the templates know.
fn is_loss(change: &MeantChange) -> bool {
    let goes = change.action == "Remove" || change.replacement == "True";
    let stays = matches!(change.policy.as_str(), "Retain" | "ReplaceAndRetain" | "Snapshot");
    holds_data(&change.kind) && goes && !stays
}
