//! What an update that succeeded could not take away: CloudFormation says "complete" and forgets it.
//!
//! A nested stack goes with its plugin, but not while one of its buckets holds anything. That its
//! data may go was agreed to before the update; now that the update is through, it does.

use super::apply::delete;
use super::error::DeployError;
use super::events::{Seen, reason_of};
use super::ports::{StackReader, Writes};
use super::session::Session;
use super::stack::NESTED_STACK;
use std::collections::BTreeMap;

/// Takes nested stacks away that the update left, and tells of everything else.
pub(super) async fn tidy(
    cloud: &impl Writes,
    trail: &[Seen],
    plugins: &BTreeMap<String, String>,
    session: &Session<'_>,
) -> Result<(), DeployError> {
    let failed = trail.iter().filter(|seen| seen.event.status == "DELETE_FAILED");
    let mut left: BTreeMap<&str, &Seen> = BTreeMap::new();
    for seen in failed.filter(|seen| !seen.event.is_own()) {
        left.insert(&seen.event.physical_id, seen);
    }
    let is_stack = |seen: &Seen| seen.event.kind == NESTED_STACK;
    let stacks: Vec<_> = left.values().filter(|seen| is_stack(seen)).copied().collect();
    for seen in stacks {
        let id = seen.event.physical_id.as_str();
        empty_buckets(cloud, id, session).await?;
        delete(cloud, (id, &seen.event.logical_id), (&[], plugins), session).await?;
        left.retain(|_, other| other.event.stack_id != id);
    }
    for seen in left.values().filter(|seen| !is_stack(seen)) {
        let event = &seen.event;
        let why = reason_of(&event.reason);
        session.tell(&format!("left behind: {} ({}): {why}", event.physical_id, event.kind));
    }
    Ok(())
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
