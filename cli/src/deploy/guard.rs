//! Sets the stack policies of an env and its nested stacks.
//!
//! In: the wanted templates, what was agreed to. Deliberately absent: what a policy says, which is
//! `protect`'s.

use super::error::DeployError;
use super::ports::{StackReader, StackWriter};
use super::protect::{OPEN, StackPolicy, stack_policies};
use super::release::Release;
use super::stack::NESTED_STACK;
use std::collections::BTreeMap;

/// No update takes data, but what is agreed to.
///
/// # Errors
/// A failed call.
pub async fn close(
    cloud: &(impl StackReader + StackWriter),
    release: &Release,
    agreed: &[String],
) -> Result<(), DeployError> {
    let nested = nested(cloud, release).await?;
    for StackPolicy { nested: id, body } in stack_policies(&release.templates, agreed) {
        let stack = match &id {
            None => Some(&release.stack),
            // One that only comes with this change has a policy after it.
            Some(id) => nested.get(id),
        };
        if let Some(stack) = stack {
            cloud.set_policy(stack, &body).await?;
        }
    }
    Ok(())
}

/// Every update may do everything.
///
/// # Errors
/// A failed call.
pub async fn open(
    cloud: &(impl StackReader + StackWriter),
    release: &Release,
) -> Result<(), DeployError> {
    cloud.set_policy(&release.stack, OPEN).await?;
    for arn in nested(cloud, release).await?.values() {
        cloud.set_policy(arn, OPEN).await?;
    }
    Ok(())
}

/// Logical id -> ARN of the nested stacks that are there.
async fn nested(
    cloud: &impl StackReader,
    release: &Release,
) -> Result<BTreeMap<String, String>, DeployError> {
    let resources = cloud.resources(&release.stack).await?.into_iter();
    let is_there = |arn: &str| arn.starts_with("arn:");
    let nested = resources.filter(|one| one.kind == NESTED_STACK && is_there(&one.physical_id));
    Ok(nested.map(|one| (one.logical_id, one.physical_id)).collect())
}
