//! The way out of an update that failed and could not go back: back to the last state that worked.
//!
//! In: a stack in UPDATE_ROLLBACK_FAILED or UPDATE_FAILED. Out: the same stack, settled, or what
//! still cannot go back. Nothing is skipped that the user did not name.

use super::error::{Cause, DeployError};
use super::events::reason_of;
use super::history::first_cause;
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

/// A resource that could not go back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unable {
    /// As this tool names it: `Table`, or `PluginMail/Queue` in a nested stack.
    pub id: String,
    /// As CloudFormation wants it named to skip it: `NESTED_STACK_NAME.LOGICAL_ID` in a nested one.
    pub skip: String,
    /// Its type.
    pub kind: String,
    /// Why; empty where CloudFormation does not say.
    pub reason: String,
}

impl fmt::Display for Unable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({})", self.id, self.kind)?;
        if self.reason.is_empty() { Ok(()) } else { write!(f, ": {}", reason_of(&self.reason)) }
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

async fn unable(cloud: &impl StackReader, stack: &str) -> Result<Vec<Unable>, DeployError> {
    let mut all = Vec::new();
    for resource in failed(cloud, stack).await? {
        let is_nested = resource.kind == NESTED_STACK && resource.physical_id.starts_with("arn:");
        let inside =
            if is_nested { failed(cloud, &resource.physical_id).await? } else { Vec::new() };
        if inside.is_empty() {
            let StackResource { logical_id, kind, reason, .. } = resource;
            all.push(Unable { skip: logical_id.clone(), id: logical_id, kind, reason });
            continue;
        }
        let nested = name_of(&resource.physical_id);
        all.extend(inside.into_iter().map(|inner| Unable {
            id: format!("{}/{}", resource.logical_id, inner.logical_id),
            skip: format!("{nested}.{}", inner.logical_id),
            kind: inner.kind,
            reason: inner.reason,
        }));
    }
    Ok(all)
}

async fn failed(cloud: &impl StackReader, stack: &str) -> Result<Vec<StackResource>, DeployError> {
    let mut resources = cloud.resources(stack).await?;
    resources.retain(|resource| resource.status == "UPDATE_FAILED");
    Ok(resources)
}

/// The name in `arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/ID`.
fn name_of(arn: &str) -> &str {
    arn.split('/').nth(1).unwrap_or(arn)
}

/// Brings the stack back to the last state that worked, without what `skip` names.
pub(super) async fn go_back(
    cloud: &impl Writes,
    stranded: Stranded,
    (skip, plugins): (&[String], &BTreeMap<String, String>),
    session: &Session<'_>,
) -> Result<Stack, DeployError> {
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
        Some(back) if back.state.situation() == Situation::Settled => Ok(back),
        ended => {
            let unable = self::unable(cloud, &stack.id).await?;
            let reason = ended.and_then(|stack| stack.reason);
            Err(DeployError::CannotGoBack { stack: stack.name, reason, unable })
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
