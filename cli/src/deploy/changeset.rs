//! A change set from its making to its execution, and what CloudFormation says against it.

use super::error::{CallError, CallFailure, DeployError, Failure, Refusal};
use super::ports::{
    After, ChangeKind, ChangeSet, ChangeSetIds, ChangeSetRequest, MeantChange, StackReader,
    StackWriter, Writes,
};
use super::refusal::findings;
use super::session::Session;
use super::stack::{Situation, Stack};
use super::watch::{Follow, follow};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Every change set of this tool starts so; those of others are left alone.
const OURS: &str = "scheduler-";

/// A change set that was asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    /// It can be executed, and would do this.
    Ready(ChangeSetIds, Vec<MeantChange>),
    /// CloudFormation sees no change.
    NoChanges,
}

/// A name that no other change set of the stack has.
#[must_use]
pub fn fresh_name(key: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{OURS}{}-{}", &key[..key.len().min(12)], now.as_millis())
}

/// What is younger may be another deploy's that is about to execute it.
const STALE: Duration = Duration::from_secs(15 * 60);

/// Whether a change set was left by an earlier run of this tool.
fn is_left(name: &str) -> bool {
    let made = name.strip_prefix(OURS).and_then(|rest| rest.rsplit('-').next()?.parse().ok());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    made.is_some_and(|made| now.saturating_sub(Duration::from_millis(made)) > STALE)
}

/// Removes what earlier runs of this tool left.
///
/// # Errors
/// The call's.
pub async fn remove_old(
    cloud: &(impl StackReader + StackWriter),
    stack: &str,
) -> Result<(), DeployError> {
    for name in cloud.change_sets(stack).await? {
        if is_left(&name) {
            cloud.delete_change_set(stack, &name).await?;
        }
    }
    Ok(())
}

/// Asks for a change set and waits until it stands.
///
/// # Errors
/// A failed call; CloudFormation's refusal. What a refused one leaves is removed.
pub async fn ask(
    cloud: &impl Writes,
    request: &ChangeSetRequest,
    session: &Session<'_>,
) -> Result<Asked, DeployError> {
    let ids = cloud.create_change_set(request).await.map_err(|error| refused(request, error))?;
    let change_set = stand(cloud, &ids, session).await?;
    if change_set.status == "CREATE_COMPLETE" {
        return Ok(Asked::Ready(ids, change_set.changes));
    }
    if is_empty(&change_set.reason) {
        clean_up(cloud, request, (&ids, session)).await?;
        return Ok(Asked::NoChanges);
    }
    let reason = change_set.reason.clone();
    // Before the change set goes, and the nested ones with it.
    let findings = findings(cloud, &ids.id, change_set).await;
    if let Err(error) = clean_up(cloud, request, (&ids, session)).await {
        session.tell(&format!("what the refused change left is still there: {error}"));
    }
    let stack = request.stack.clone();
    Err(DeployError::ChangeSet(Box::new(Refusal { stack, reason, findings })))
}

/// A template that CloudFormation cannot even read is refused by the call itself.
fn refused(request: &ChangeSetRequest, error: CallError) -> DeployError {
    match error.why {
        why if is_overtaken(&why) => DeployError::Overtaken { stack: request.stack.clone() },
        CallFailure::Other { code, message } if is_of_the_template(&code) => {
            DeployError::ChangeSet(Box::new(Refusal::of(&request.stack, &message)))
        }
        why => DeployError::Call(CallError { why, ..error }),
    }
}

fn is_of_the_template(code: &str) -> bool {
    matches!(code, "ValidationError" | "InsufficientCapabilitiesException")
}

/// Whether somebody else changed the stack since it was looked at. CloudFormation has a code only
/// for some of it.
fn is_overtaken(why: &CallFailure) -> bool {
    match why {
        CallFailure::Missing => true,
        CallFailure::Other { code, message } => {
            code == "AlreadyExistsException"
                || code == "InvalidChangeSetStatus"
                || code == "InvalidChangeSetStatusException"
                || message.contains("_IN_PROGRESS state and can not be updated")
                || message.contains("cannot be created again with the changeSet")
        }
        _ => false,
    }
}

async fn stand(
    cloud: &impl StackReader,
    ids: &ChangeSetIds,
    session: &Session<'_>,
) -> Result<ChangeSet, DeployError> {
    let mut pauses = session.pauses();
    loop {
        let polled = cloud.change_set(&ids.id).await;
        if polled.as_ref().is_err_and(CallError::is_missing) {
            return Err(DeployError::Overtaken { stack: name_of(&ids.stack_id).to_owned() });
        }
        match pauses.tolerate(polled)? {
            Some(change_set) if !is_pending(&change_set.status) => return Ok(change_set),
            _ => pauses.pause().await,
        }
    }
}

/// The name in `arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/ID`.
fn name_of(arn: &str) -> &str {
    arn.split('/').nth(1).unwrap_or(arn)
}

fn is_pending(status: &str) -> bool {
    matches!(status, "CREATE_PENDING" | "CREATE_IN_PROGRESS")
}

/// CloudFormation has no code for "nothing changed", only these sentences.
#[must_use]
pub fn is_empty(reason: &str) -> bool {
    reason.starts_with("The submitted information didn't contain changes.")
        || reason.starts_with("No updates are to be performed.")
}

/// Removes a change set that is not executed, and the shell that it made where there was no stack.
async fn clean_up(
    cloud: &impl Writes,
    request: &ChangeSetRequest,
    (ids, session): (&ChangeSetIds, &Session<'_>),
) -> Result<(), DeployError> {
    cloud.delete_change_set(&ids.stack_id, &request.name).await?;
    let shell = cloud.describe(&ids.stack_id).await?;
    if !shell.is_some_and(|stack| is_shell(&stack)) {
        return Ok(());
    }
    cloud.delete_stack(&ids.stack_id, &[]).await?;
    // While it goes, no stack of its name can be made.
    let mut pauses = session.pauses();
    loop {
        match pauses.tolerate(cloud.describe(&ids.stack_id).await)? {
            Some(Some(stack)) if is_shell(&stack) || is_busy(&stack) => {}
            Some(_) => return Ok(()),
            None => {}
        }
        pauses.pause().await;
    }
}

fn is_shell(stack: &Stack) -> bool {
    stack.state.as_str() == "REVIEW_IN_PROGRESS"
}

fn is_busy(stack: &Stack) -> bool {
    stack.state.situation() == Situation::Busy
}

/// The newest event of the stack that a change set is for. Whoever was faster may have taken the
/// shell away that it was made on.
///
/// # Errors
/// A failed call.
pub async fn newest_event(
    cloud: &impl StackReader,
    ids: &ChangeSetIds,
    stack: &str,
) -> Result<Option<String>, DeployError> {
    let event = cloud.newest_event(&ids.stack_id).await;
    event.map_err(|error| overtaken(error, stack))
}

fn overtaken(error: CallError, stack: &str) -> DeployError {
    match is_overtaken(&error.why) {
        true => DeployError::Overtaken { stack: stack.to_owned() },
        false => error.into(),
    }
}

/// Executes a change set and follows it to its end.
///
/// # Errors
/// A failed call, or the operation's failure with its root cause.
pub async fn execute(
    cloud: &impl Writes,
    ids: &ChangeSetIds,
    operation: Operation<'_>,
    session: &Session<'_>,
) -> Result<Stack, DeployError> {
    let Operation { stack, plugins } = operation;
    let event = newest_event(cloud, ids, stack).await?;
    let started = cloud.execute_change_set(ids).await;
    started.map_err(|error| overtaken(error, stack))?;
    let after = After { event, at: 0 };
    let what = Follow { id: &ids.stack_id, after, plugins };
    let finished = follow(cloud, what, session).await?;
    match &finished.stack {
        Some(gone) if gone.state.is_gone() => Err(deleted(stack)),
        None => Err(deleted(stack)),
        Some(shell) if is_shell(shell) => Err(never_began(cloud, ids, shell.clone()).await),
        _ => finished.success(stack),
    }
}

fn deleted(stack: &str) -> DeployError {
    DeployError::Stuck {
        stack: stack.to_owned(),
        state: "DELETE_COMPLETE".into(),
        reason: None,
        next: "somebody deleted it meanwhile; deploy again",
    }
}

/// Only the change set says why CloudFormation did not begin.
async fn never_began(cloud: &impl StackReader, ids: &ChangeSetIds, shell: Stack) -> DeployError {
    let said = cloud.change_set(&ids.id).await.ok().map(|set| set.reason);
    DeployError::Failed(Box::new(Failure {
        stack: shell.name,
        state: shell.state.to_string(),
        cause: None,
        reason: said.filter(|said| !said.is_empty()).or(shell.reason),
    }))
}

/// What is executed, for the words of its lines and errors.
#[derive(Clone, Copy)]
pub struct Operation<'a> {
    /// The stack's name.
    pub stack: &'a str,
    /// Logical id of a nested stack -> plugin.
    pub plugins: &'a BTreeMap<String, String>,
}

/// Whether the stack is made by this change set.
#[must_use]
pub fn kind_of(exists: bool) -> ChangeKind {
    if exists { ChangeKind::Update } else { ChangeKind::Create }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sentences_of_an_empty_change_set_are_known() {
        assert!(is_empty(
            "The submitted information didn't contain changes. Submit different information to \
             create a change set."
        ));
        assert!(is_empty("No updates are to be performed."));
        assert!(!is_empty("Template error"));
    }
}
