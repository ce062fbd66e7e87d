//! What an operation that is over failed at, from the stack's own history.

use super::error::{Cause, DeployError};
use super::events::{Seen, StackEvent, root_cause};
use super::ports::{After, StackReader};
use super::session::Session;
use super::stack::NESTED_STACK;
use std::collections::BTreeMap;

/// The root cause of what a stack's last operation failed at, from its history. A nested stack is
/// followed into its own history, which outlives it.
///
/// # Errors
/// The call's.
pub async fn first_cause(
    cloud: &impl StackReader,
    stack: &str,
    plugins: &BTreeMap<String, String>,
) -> Result<Option<Cause>, DeployError> {
    let mut trail: Vec<Seen> = last_attempt(cloud.events(stack, &After::default()).await?)
        .into_iter()
        .map(|event| Seen { plugin: plugins.get(&event.logical_id).cloned(), event })
        .collect();
    let nested: Vec<_> = trail
        .iter()
        .filter(|seen| seen.event.kind == NESTED_STACK && !seen.event.is_own())
        .filter(|seen| seen.event.is_failure() && seen.event.physical_id.starts_with("arn:"))
        .map(|seen| (seen.event.logical_id.clone(), seen.event.physical_id.clone()))
        .collect();
    for (logical_id, arn) in nested {
        let plugin = plugins.get(&logical_id).unwrap_or(&logical_id);
        let events = last_attempt(cloud.events(&arn, &After::default()).await?);
        trail.extend(events.into_iter().map(|event| Seen { plugin: Some(plugin.clone()), event }));
    }
    Ok(root_cause(&trail))
}

/// The events since the stack last began to be created or updated: a rollback belongs to what it
/// rolls back.
fn last_attempt(mut events: Vec<StackEvent>) -> Vec<StackEvent> {
    let begins = ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"];
    let is_begin = |event: &StackEvent| event.is_own() && begins.contains(&event.status.as_str());
    let from = events.iter().rposition(is_begin).unwrap_or(0);
    events.split_off(from)
}

/// Everything that happened to a stack after a point, nested stacks included.
///
/// # Errors
/// The call's.
pub(super) async fn history(
    cloud: &impl StackReader,
    stack: &str,
    after: &After,
    (plugins, session): (&BTreeMap<String, String>, &Session<'_>),
) -> Result<Vec<Seen>, DeployError> {
    let own = events(cloud, (stack, after), session).await?;
    let began = own.first().map_or(0, |first| first.at);
    let mut nested: BTreeMap<String, String> = BTreeMap::new();
    for event in own.iter().filter(|event| event.kind == NESTED_STACK && !event.is_own()) {
        if event.physical_id.starts_with("arn:") {
            nested.insert(event.physical_id.clone(), event.logical_id.clone());
        }
    }
    let mut trail: Vec<Seen> = own.into_iter().map(|event| Seen { plugin: None, event }).collect();
    for (arn, logical_id) in nested {
        let plugin = plugins.get(&logical_id).unwrap_or(&logical_id);
        let after = After { event: None, at: began };
        let events = events(cloud, (&arn, &after), session).await?;
        trail.extend(events.into_iter().map(|event| Seen { plugin: Some(plugin.clone()), event }));
    }
    Ok(trail)
}

/// A call that fails in passing is made again.
async fn events(
    cloud: &impl StackReader,
    (stack, after): (&str, &After),
    session: &Session<'_>,
) -> Result<Vec<StackEvent>, DeployError> {
    let mut pauses = session.pauses();
    loop {
        match pauses.tolerate(cloud.events(stack, after).await)? {
            Some(events) => return Ok(events),
            None => pauses.pause().await,
        }
    }
}
