//! What an update that succeeded could not take away: CloudFormation says "complete" and forgets it.
//!
//! A nested stack goes with its plugin, but not while one of its buckets holds anything. That its
//! data may go was agreed to before the update; now that the update is through, it does. What was
//! left is read from the stack's history, so that it is found whenever it is looked for.

use super::apply::delete;
use super::error::DeployError;
use super::events::{Seen, reason_of};
use super::history::history;
use super::ports::{After, StackReader, Writes};
use super::session::Session;
use super::stack::{NESTED_STACK, Situation};
use std::collections::BTreeMap;

/// Takes nested stacks away that the updates since an event left, and tells of everything else.
pub(super) async fn tidy(
    cloud: &impl Writes,
    (stack, since): (&str, Option<String>),
    plugins: &BTreeMap<String, String>,
    session: &Session<'_>,
) -> Result<(), DeployError> {
    let trail = history(cloud, stack, &After { event: since, at: 0 }, (plugins, session)).await?;
    let mut last: BTreeMap<&str, &Seen> = BTreeMap::new();
    for seen in trail.iter().filter(|seen| !seen.event.is_own() && is_delete(seen)) {
        last.insert(&seen.event.physical_id, seen);
    }
    last.retain(|_, seen| seen.event.status == "DELETE_FAILED");
    let is_stack = |seen: &Seen| seen.event.kind == NESTED_STACK;
    let stacks: Vec<_> = last.values().filter(|seen| is_stack(seen)).copied().collect();
    for seen in stacks {
        let id = seen.event.physical_id.as_str();
        last.retain(|_, other| other.event.stack_id != id);
        let found = cloud.describe(id).await?;
        if found.is_none_or(|stack| stack.state.situation() == Situation::Absent) {
            continue;
        }
        empty_buckets(cloud, id, session).await?;
        delete(cloud, (id, &seen.event.logical_id), (&[], plugins), session).await?;
    }
    for seen in last.values().filter(|seen| !is_stack(seen)) {
        let event = &seen.event;
        let why = reason_of(&event.reason);
        session.tell(&format!("left behind: {} ({}): {why}", event.physical_id, event.kind));
    }
    Ok(())
}

fn is_delete(seen: &Seen) -> bool {
    seen.event.status.starts_with("DELETE_")
}

/// Empties what would not go otherwise.
async fn empty_buckets(
    cloud: &impl Writes,
    stack: &str,
    session: &Session<'_>,
) -> Result<(), DeployError> {
    for resource in StackReader::resources(cloud, stack).await? {
        let is_there = resource.status != "DELETE_COMPLETE" && !resource.physical_id.is_empty();
        if resource.kind == "AWS::S3::Bucket" && is_there {
            let bucket = &resource.physical_id;
            let count = cloud.empty(bucket).await?;
            session.tell(&format!("emptied the bucket `{bucket}` ({count} objects)"));
        }
    }
    Ok(())
}
