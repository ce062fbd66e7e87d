//! The way out of an update that failed and could not go back: back to the last state that worked.
//!
//! In: a stack in UPDATE_ROLLBACK_FAILED or UPDATE_FAILED. Out: the same stack, settled, or what
//! still cannot go back. Nothing is skipped that the user did not name.

use super::error::{CallError, Cause, DeployError, Told};
use super::events::root_cause;
use super::explain;
use super::history::first_cause;
use super::origin::Origin;
use super::ports::{StackReader, Writes};
use super::session::Session;
use super::stack::{NESTED_STACK, Situation, Stack, StackResource};
use super::watch::{Follow, follow, mark};
use std::collections::BTreeMap;
use std::fmt;

/// A stack between two states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranded {
    /// The stack.
    pub stack: Stack,
    /// What failed first.
    pub cause: Option<Cause>,
    /// What cannot go back.
    pub unable: Vec<Unable>,
}

/// A resource that could not go back, or could not be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unable {
    /// As this tool names it: `Table`, or `PluginMail/Queue` in a nested stack.
    pub id: String,
    /// As CloudFormation wants it named to skip it: `NESTED_STACK_NAME.LOGICAL_ID` in a nested one.
    pub skip: String,
    /// Its name, id or ARN.
    pub physical_id: String,
    /// Its type.
    pub kind: String,
    /// Why; empty where CloudFormation does not say.
    pub reason: String,
}

impl Unable {
    /// `nested`: the nested stack that it is in, by its id and its name.
    fn new(nested: Option<&(String, String)>, resource: StackResource) -> Self {
        let StackResource { logical_id, physical_id, kind, reason, status: _ } = resource;
        let (id, skip) = match nested {
            Some((id, name)) => (format!("{id}/{logical_id}"), format!("{name}.{logical_id}")),
            None => (logical_id.clone(), logical_id),
        };
        Self { id, skip, physical_id, kind, reason }
    }

    pub(super) fn told(&self) -> Told {
        let origin = Origin {
            resource: Some(self.id.clone()),
            kind: Some(self.kind.clone()),
            ..Origin::default()
        };
        Told { origin, aws: self.reason.clone() }
    }
}

impl fmt::Display for Unable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({})", self.id, self.kind)?;
        if self.reason.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", explain::of(&self.reason, Some(&self.kind)).what)
        }
    }
}

/// Looks at what keeps a stack from going back.
pub(super) async fn stranded(
    cloud: &impl StackReader,
    stack: Stack,
    plugins: &BTreeMap<String, String>,
) -> Result<Stranded, DeployError> {
    let cause = first_cause(cloud, &stack.id, plugins).await?;
    let unable = match stack.state.situation() {
        Situation::FailedRollback => unable(cloud, &stack.id).await?,
        _ => Vec::new(),
    };
    Ok(Stranded { stack, cause, unable })
}

/// What may be skipped: only what failed to go back by itself. What was stopped for another's
/// failure goes back once that is out of the way, and CloudFormation refuses to skip it.
async fn unable(cloud: &impl StackReader, stack: &str) -> Result<Vec<Unable>, CallError> {
    let mut all = left(cloud, stack, "UPDATE_FAILED").await?;
    all.retain(|one| !one.reason.to_lowercase().contains("cancelled"));
    let mut offered = Vec::new();
    for one in all {
        if one.kind != NESTED_STACK || is_going(cloud, &one).await? {
            offered.push(one);
        }
    }
    Ok(offered)
}

/// A nested stack as a whole may be skipped only where it is being deleted or was.
async fn is_going(cloud: &impl StackReader, nested: &Unable) -> Result<bool, CallError> {
    let found = cloud.describe(&nested.physical_id).await?;
    Ok(found.is_none_or(|stack| stack.state.as_str().starts_with("DELETE_")))
}

/// Every resource in this status, with those of the nested stacks; a nested stack itself only
/// where nothing inside of it is.
pub(super) async fn left(
    cloud: &impl StackReader,
    stack: &str,
    status: &str,
) -> Result<Vec<Unable>, CallError> {
    let mut all = Vec::new();
    for resource in in_status(cloud, stack, status).await? {
        let is_nested = resource.kind == NESTED_STACK && resource.physical_id.starts_with("arn:");
        let inside = match is_nested {
            true => in_status(cloud, &resource.physical_id, status).await?,
            false => Vec::new(),
        };
        let nested = (resource.logical_id.clone(), name_of(&resource.physical_id).to_owned());
        match inside.is_empty() {
            true => all.push(Unable::new(None, resource)),
            false => all.extend(inside.into_iter().map(|one| Unable::new(Some(&nested), one))),
        }
    }
    Ok(all)
}

async fn in_status(
    cloud: &impl StackReader,
    stack: &str,
    status: &str,
) -> Result<Vec<StackResource>, CallError> {
    let mut resources = cloud.resources(stack).await?;
    resources.retain(|resource| resource.status == status);
    Ok(resources)
}

/// The name in `arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/ID`.
fn name_of(arn: &str) -> &str {
    arn.split('/').nth(1).unwrap_or(arn)
}

/// Brings the stack back to the last state that worked, without what `skip` names: only then can
/// it be seen what a deploy would change.
///
/// # Errors
/// A failed call; what still cannot go back.
pub async fn go_back(
    cloud: &impl Writes,
    stranded: Stranded,
    (skip, plugins): (&[String], &BTreeMap<String, String>),
    session: &Session<'_>,
) -> Result<(), DeployError> {
    let Stranded { stack, unable, .. } = stranded;
    let skip = named(&unable, skip, &stack)?;
    session.tell(&format!("bringing `{}` back to the last state that worked", stack.name));
    let after = mark(cloud, &stack.id).await?;
    match stack.state.situation() {
        Situation::FailedUpdate => cloud.roll_back(&stack.name).await?,
        _ => cloud.continue_rollback(&stack.name, &skip).await?,
    }
    let finished = follow(cloud, Follow { id: &stack.id, after, plugins }, session).await?;
    match finished.stack {
        Some(back) if back.state.situation() == Situation::Settled => Ok(()),
        ended => {
            let unable = self::unable(cloud, &stack.id).await?;
            let cause = root_cause(&finished.trail).map(Box::new);
            let reason = ended.and_then(|stack| stack.reason);
            Err(DeployError::CannotGoBack { stack: stack.name, reason, unable, cause })
        }
    }
}

/// What the user named, in CloudFormation's words; only what cannot go back may be skipped.
fn named(unable: &[Unable], skip: &[String], stack: &Stack) -> Result<Vec<String>, DeployError> {
    let found = |id: &String| {
        let one = unable.iter().find(|one| one.id == *id);
        one.map(|one| one.skip.clone()).ok_or_else(|| DeployError::NotStranded {
            id: id.clone(),
            stack: stack.name.clone(),
            unable: unable.iter().map(|one| one.id.clone()).collect(),
        })
    };
    skip.iter().map(found).collect()
}
