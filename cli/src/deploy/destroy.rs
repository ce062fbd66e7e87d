//! Takes an env away.
//!
//! In two steps, like a deploy: `prepare_destroy` only looks and says what would go, `destroy`
//! does it. Buckets of the env are emptied first, since CloudFormation deletes none that holds
//! anything. A stack that is not there is done already. The asset bucket stays.

use super::adopt::forget_deleted;
use super::apply::delete;
use super::changeset::{Asked, Operation, ask, execute, fresh_name};
use super::deployed::read_deployed;
use super::due::Due;
use super::elsewhere::not_elsewhere;
use super::error::{DeployError, Failure, Undeletable};
use super::events::Seen;
use super::keep::{Kept, KeptResource, kept_of, may_delete};
use super::note::{Note, read_note, write_note};
use super::policy::{DataFate, Refated, let_go, refate};
use super::ports::{ChangeKind, ChangeSetRequest, Reads, StackReader, Writes};
use super::prepare::{attach, check_account};
use super::recover::left;
use super::release::{asset_bucket, template_url};
use super::session::Session;
use super::stack::{NESTED_STACK, Situation, Stack, StackResource};
use super::upload::{ensure_bucket, text, upload};
use scheduler_plan::diff::holds_data;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Which env to take away.
#[derive(Debug, Clone)]
pub struct DestroyRequest {
    /// The root stack's name.
    pub stack: String,
    /// The env's name, for the commands that are told.
    pub env: String,
    /// The region that it lives in.
    pub region: String,
    /// The only account that it may be in, where one is named.
    pub account: Option<String>,
    /// Whether the env is protected.
    pub protect: bool,
    /// Table, user pool and state stay.
    pub keep_data: bool,
    /// What is left behind where it cannot be deleted: `LOGICAL_ID`, or `NESTED_ID/LOGICAL_ID`.
    pub retain: Vec<String>,
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
    /// Whether data stays.
    pub keep_data: bool,
}

/// A resource with the stack that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The nested stack's logical id and ARN; `None`: the root.
    pub nested: Option<(String, String)>,
    /// The resource.
    pub resource: StackResource,
}

/// What `--keep-data` keeps: table, user pool and state, which a later deploy can take up again.
/// Other data (see [`holds_data`]) goes with its stack.
pub const KEPT_TYPES: &[&str] = &[
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
    let Some(mut stack) = cloud.describe(&request.stack).await? else {
        let account = cloud.account().await?;
        check_account(request.account.as_deref(), &account)?;
        not_elsewhere(cloud, &account, (&request.stack, &request.region), session).await?;
        return Ok(None);
    };
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
    Ok(Some(ReadyDestroy { stack, holdings, keep_data: request.keep_data }))
}

pub(super) async fn holdings(
    cloud: &impl StackReader,
    stack: &Stack,
) -> Result<Vec<Holding>, DeployError> {
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
    cloud: &(impl Writes + Clone + Send + Sync + 'static),
    ready: ReadyDestroy,
    request: &DestroyRequest,
    session: &Session<'_>,
) -> Result<Destroyed, DeployError> {
    let fate = if request.keep_data { DataFate::Retain } else { DataFate::Delete };
    let kept = match ready.stack.state.situation() {
        Situation::Settled => decide_data(cloud, &ready, (request, fate), session).await?,
        _ => may_delete(cloud, &ready, request).await.map(|()| Vec::new())?,
    };
    let bucket = asset_bucket(ready.stack.account(), &request.region);
    if fate == DataFate::Delete {
        cloud.remove(&bucket, &Due::key(&request.stack)).await?;
    }
    let trail = take_away(cloud, &ready, (request, fate), session).await?;
    if fate == DataFate::Delete {
        forget_deleted(cloud, &ready, &bucket).await?;
    }
    Ok(Destroyed { stack: request.stack.clone(), leftovers: leftovers(kept, &trail) })
}

/// A consumer that is still at it may write into its bucket between emptying and deleting.
const ATTEMPTS: usize = 3;

pub(super) async fn take_away(
    cloud: &impl Writes,
    ready: &ReadyDestroy,
    (request, fate): (&DestroyRequest, DataFate),
    session: &Session<'_>,
) -> Result<Vec<Seen>, DeployError> {
    let (id, name) = (ready.stack.id.as_str(), ready.stack.name.as_str());
    let mut is_failed = ready.stack.state.situation() == Situation::FailedDelete;
    for attempt in 1.. {
        let mut emptied = 0;
        if fate == DataFate::Delete {
            emptied = empty_buckets(cloud, ready, session).await?;
        }
        // CloudFormation leaves something behind only after a delete has failed.
        let retain =
            if is_failed { retained(cloud, ready, request, session).await? } else { vec![] };
        match delete(cloud, (id, name), (&retain, &request.plugins), session).await {
            Err(DeployError::Failed(failure)) if failure.state == "DELETE_FAILED" => {
                let may_leave = attempt == 1 && !request.retain.is_empty();
                if attempt == ATTEMPTS || (emptied == 0 && !may_leave) {
                    return Err(undeletable(cloud, (id, failure), request).await);
                }
                is_failed = true;
                session.tell("not everything went: trying once more");
            }
            done => return done,
        }
    }
    Ok(Vec::new())
}

/// What the root stack has to leave behind. A nested stack with anything to leave behind is deleted
/// by itself, beforehand.
async fn retained(
    cloud: &impl Writes,
    ready: &ReadyDestroy,
    request: &DestroyRequest,
    session: &Session<'_>,
) -> Result<Vec<String>, DeployError> {
    let mut nested: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut root = Vec::new();
    for id in &request.retain {
        match id.split_once('/') {
            Some((stack, id)) => nested.entry(stack).or_default().push(id.to_owned()),
            None => root.push(id.clone()),
        }
    }
    for (logical_id, retain) in nested {
        let arn = ready.holdings.iter().find_map(|holding| {
            holding.nested.as_ref().filter(|(id, _)| id == logical_id).map(|(_, arn)| arn)
        });
        let Some(arn) = arn else { continue };
        let found = cloud.describe(arn).await?;
        if found.is_some_and(|stack| stack.state.situation() == Situation::FailedDelete) {
            delete(cloud, (arn, logical_id), (&retain, &request.plugins), session).await?;
        }
    }
    Ok(root)
}

/// The failure with everything that is left, and the command that leaves it behind.
async fn undeletable(
    cloud: &impl StackReader,
    (id, failure): (&str, Box<Failure>),
    request: &DestroyRequest,
) -> DeployError {
    // The events have told of the failure already: to be refused the list is no worse one.
    let left = left(cloud, id, "DELETE_FAILED").await.unwrap_or_default();
    // What was agreed to be left stays named: CloudFormation takes the whole list each time.
    let named = request.retain.iter().chain(left.iter().map(|one| &one.id));
    let named: BTreeSet<&String> = named.collect();
    let flags: String = named.iter().map(|id| format!(" --retain {id}")).collect();
    let keep = if request.keep_data { " --keep-data" } else { "" };
    let leave = match left.is_empty() {
        true => String::new(),
        false => format!("scheduler destroy --env {}{keep}{flags}", request.env),
    };
    DeployError::CannotDelete(Undeletable { failure, left, leave })
}

/// Lets the live templates say what becomes of data, and notes what stays.
async fn decide_data(
    cloud: &(impl Writes + Clone + Send + Sync + 'static),
    ready: &ReadyDestroy,
    (request, fate): (&DestroyRequest, DataFate),
    session: &Session<'_>,
) -> Result<Vec<Leftover>, DeployError> {
    let deployed = read_deployed(cloud, &ready.stack.name, None).await?;
    let account = ready.stack.account();
    let bucket = asset_bucket(account, &request.region);
    let mut kept = Kept { stack: request.stack.clone(), resources: Vec::new() };
    if fate == DataFate::Retain {
        ensure_bucket(cloud, (&bucket, account), session).await?;
        kept = kept_of(cloud, ready, &deployed).await?;
        let note = (bucket.as_str(), request.stack.as_str());
        if let Some(earlier) = read_note(cloud, note).await? {
            kept.merge(earlier);
        }
        write_note(cloud, note, &kept).await?;
    }
    let update = Update { request, bucket: &bucket, session };
    if let Some(refated) = refate(&deployed, fate) {
        update.run(cloud, refated).await?;
    }
    let nested = kept.nested();
    if nested.is_empty() {
        return Ok(kept.resources.iter().map(Leftover::of).collect());
    }
    // Not every CloudFormation (the emulators') looks at policies when it deletes a nested stack,
    // but all do when an update takes a resource out of one.
    let live = read_deployed(cloud, &ready.stack.name, None).await?;
    let root = live.root.unwrap_or_default();
    update.run(cloud, let_go(root, &nested)).await?;
    Ok(kept.resources.iter().map(Leftover::of).collect())
}

/// An update of the live stack on its way out.
struct Update<'a> {
    request: &'a DestroyRequest,
    bucket: &'a str,
    session: &'a Session<'a>,
}

impl Update<'_> {
    async fn run(
        &self,
        cloud: &(impl Writes + Clone + Send + Sync + 'static),
        wanted: Refated,
    ) -> Result<(), DeployError> {
        let Self { request, bucket, session } = self;
        let objects = wanted.nested.iter().chain([&wanted.root]).map(text).collect();
        upload(cloud, bucket, objects, session).await?;
        let key = &wanted.root.sha256;
        let change = ChangeSetRequest {
            stack: request.stack.clone(),
            name: fresh_name(key),
            kind: ChangeKind::Update,
            template_url: template_url(bucket, &request.region, key),
            tags: None,
            imports: Vec::new(),
        };
        if let Asked::Ready(ids, _) = ask(cloud, &change, session).await? {
            let operation = Operation { stack: &request.stack, plugins: &request.plugins };
            execute(cloud, &ids, operation, session).await?;
        }
        Ok(())
    }
}

/// Answers how many objects there were.
async fn empty_buckets(
    cloud: &impl Writes,
    ready: &ReadyDestroy,
    session: &Session<'_>,
) -> Result<usize, DeployError> {
    let mut emptied = 0;
    for bucket in buckets(ready) {
        let count = cloud.empty(bucket).await?;
        emptied += count;
        session.tell(&format!("emptied the bucket `{bucket}` ({count} objects)"));
    }
    Ok(emptied)
}

fn buckets(ready: &ReadyDestroy) -> impl Iterator<Item = &str> {
    let resources = ready.holdings.iter().map(|holding| &holding.resource);
    let buckets = resources.filter(|resource| resource.kind == "AWS::S3::Bucket");
    buckets.map(|bucket| bucket.physical_id.as_str()).filter(|name| !name.is_empty())
}

impl Leftover {
    fn of(kept: &KeptResource) -> Self {
        Self { kind: kept.kind.clone(), physical_id: kept.physical_id().to_owned() }
    }
}

/// What was kept on purpose, and what CloudFormation skipped besides.
fn leftovers(mut leftovers: Vec<Leftover>, trail: &[Seen]) -> Vec<Leftover> {
    for seen in trail.iter().filter(|seen| seen.event.status == "DELETE_SKIPPED") {
        let skipped =
            Leftover { kind: seen.event.kind.clone(), physical_id: seen.event.physical_id.clone() };
        if !leftovers.contains(&skipped) {
            leftovers.push(skipped);
        }
    }
    leftovers
}

impl fmt::Display for ReadyDestroy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stack, holdings, keep_data } = self;
        write!(f, "`{}` in account {}: {} resources", stack.name, stack.account(), holdings.len())?;
        holdings.iter().try_for_each(|Holding { resource, .. }| {
            let StackResource { kind, physical_id, .. } = resource;
            match (*keep_data && KEPT_TYPES.contains(&kind.as_str()), holds_data(kind)) {
                (true, _) => write!(f, "\n  keeping: {physical_id} ({kind})"),
                (false, true) => write!(f, "\n  with its data: {physical_id} ({kind})"),
                (false, false) => Ok(()),
            }
        })
    }
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
