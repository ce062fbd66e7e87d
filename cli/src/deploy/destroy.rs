//! Takes an env away.
//!
//! In two steps, like a deploy: `prepare_destroy` only looks and says what would go, `destroy`
//! does it. Buckets of the env are emptied first, since CloudFormation deletes none that holds
//! anything. A stack that is not there is done already. The asset bucket stays.

use super::apply::delete;
use super::error::DeployError;
use super::events::Seen;
use super::ports::{Reads, StackReader, Writes};
use super::prepare::{attach, check_account};
use super::session::Session;
use super::stack::{NESTED_STACK, Situation, Stack, StackResource};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Which env to take away.
#[derive(Debug, Clone)]
pub struct DestroyRequest {
    /// The root stack's name.
    pub stack: String,
    /// The region that it lives in.
    pub region: String,
    /// The only account that it may be in, where one is named.
    pub account: Option<String>,
    /// Whether the env is protected.
    pub protect: bool,
    /// Table, user pool and state stay.
    pub keep_data: bool,
    /// Logical id of a nested stack -> plugin.
    pub plugins: BTreeMap<String, String>,
}

/// A destroy that only waits for consent. Its `Display` is what the user is asked about.
#[derive(Debug)]
pub struct ReadyDestroy {
    /// The stack.
    pub stack: Stack,
    /// Everything in it, nested stacks included.
    pub holdings: Vec<Holding>,
}

/// A resource with the stack that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The nested stack's logical id and ARN; `None`: the root.
    pub nested: Option<(String, String)>,
    /// The resource.
    pub resource: StackResource,
}

/// Types that hold what cannot be made again.
pub const DATA_TYPES: &[&str] = &[
    "AWS::DynamoDB::Table",
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolClient",
    "AWS::S3::Bucket",
];

/// How a destroy ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Destroyed {
    /// The stack's name.
    pub stack: String,
    /// What CloudFormation left because its template says so.
    pub leftovers: Vec<Leftover>,
}

/// A resource that is still there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leftover {
    /// Such as `AWS::DynamoDB::Table`.
    pub kind: String,
    /// Its name, id or ARN.
    pub physical_id: String,
}

/// Looks at what would go; `None`: there is nothing.
///
/// # Errors
/// A protected env or a wrong account, which are refused; a failed call.
pub async fn prepare_destroy(
    cloud: &impl Reads,
    request: &DestroyRequest,
    session: &Session<'_>,
) -> Result<Option<ReadyDestroy>, DeployError> {
    if request.protect {
        return Err(DeployError::Protected { stack: request.stack.clone() });
    }
    let Some(mut stack) = cloud.describe(&request.stack).await? else { return Ok(None) };
    check_account(request.account.as_deref(), stack.account())?;
    if stack.state.situation() == Situation::Busy {
        attach(cloud, &stack, &request.plugins, session).await?;
        match cloud.describe(&request.stack).await? {
            Some(settled) => stack = settled,
            None => return Ok(None),
        }
    }
    if stack.protected {
        return Err(DeployError::TerminationProtected { stack: request.stack.clone() });
    }
    let holdings = holdings(cloud, &stack).await?;
    Ok(Some(ReadyDestroy { stack, holdings }))
}

async fn holdings(cloud: &impl StackReader, stack: &Stack) -> Result<Vec<Holding>, DeployError> {
    let mut all = Vec::new();
    for resource in cloud.resources(&stack.id).await? {
        if resource.kind == NESTED_STACK && resource.physical_id.starts_with("arn:") {
            let nested = (resource.logical_id.clone(), resource.physical_id.clone());
            let inside = cloud.resources(&nested.1).await?.into_iter();
            all.extend(inside.map(|resource| Holding { nested: Some(nested.clone()), resource }));
        }
        all.push(Holding { nested: None, resource });
    }
    all.retain(|holding| holding.resource.status != "DELETE_COMPLETE");
    Ok(all)
}

/// Destroys.
///
/// # Errors
/// A failed call, or what could not be deleted and why.
pub async fn destroy(
    cloud: &impl Writes,
    ready: ReadyDestroy,
    request: &DestroyRequest,
    session: &Session<'_>,
) -> Result<Destroyed, DeployError> {
    for bucket in buckets(&ready) {
        let count = cloud.empty(bucket).await?;
        session.tell(&format!("emptied the bucket `{bucket}` ({count} objects)"));
    }
    let trail = delete(cloud, &ready.stack, &request.plugins, session).await?;
    Ok(Destroyed { stack: request.stack.clone(), leftovers: leftovers(&trail) })
}

fn buckets(ready: &ReadyDestroy) -> impl Iterator<Item = &str> {
    let resources = ready.holdings.iter().map(|holding| &holding.resource);
    let buckets = resources.filter(|resource| resource.kind == "AWS::S3::Bucket");
    buckets.map(|bucket| bucket.physical_id.as_str()).filter(|name| !name.is_empty())
}

fn leftovers(trail: &[Seen]) -> Vec<Leftover> {
    let skipped = trail.iter().filter(|seen| seen.event.status == "DELETE_SKIPPED");
    let leftovers = skipped.map(|seen| Leftover {
        kind: seen.event.kind.clone(),
        physical_id: seen.event.physical_id.clone(),
    });
    leftovers.collect()
}

impl fmt::Display for ReadyDestroy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stack, holdings } = self;
        write!(f, "`{}` in account {}: {} resources", stack.name, stack.account(), holdings.len())?;
        let data = holdings.iter().filter(|holding| is_data(&holding.resource));
        data.map(|holding| &holding.resource).try_for_each(|resource| {
            write!(f, "\n  with its data: {} ({})", resource.physical_id, resource.kind)
        })
    }
}

fn is_data(resource: &StackResource) -> bool {
    DATA_TYPES.contains(&resource.kind.as_str())
}

impl fmt::Display for Destroyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stack, leftovers } = self;
        write!(f, "`{stack}` is gone")?;
        leftovers
            .iter()
            .try_for_each(|left| write!(f, "\n  left: {} ({})", left.physical_id, left.kind))
    }
}
