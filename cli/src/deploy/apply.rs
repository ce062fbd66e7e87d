//! Makes it so: bucket, uploads, change set, execution, smoke check.
//!
//! In: a [`ReadyDeploy`] that the user consented to. Out: the outputs. Nothing before this
//! function writes to AWS, and everything in here can be run again after any interruption.

use super::adopt::{Target, adopt, forget};
use super::changeset::{Asked, Operation, ask, execute, fresh_name, kind_of, remove_old};
use super::error::DeployError;
use super::ports::{ChangeSetIds, ChangeSetRequest, Writes};
use super::prepare::{Before, ReadyDeploy};
use super::release::{Release, asset_bucket, template_url};
use super::session::Session;
use super::smoke::smoke;
use super::stack::Stack;
use super::upload::{ensure_bucket, objects, upload};
use super::watch::{Follow, follow, mark};
use std::collections::BTreeMap;

/// How a deploy ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The stack is as wanted, and its API answers.
    Deployed {
        /// The stack's outputs.
        outputs: BTreeMap<String, String>,
    },
    /// CloudFormation saw no change after all.
    Unchanged {
        /// The stack's outputs.
        outputs: BTreeMap<String, String>,
    },
}

/// Deploys.
///
/// # Errors
/// What failed, with its root cause and the next step.
pub async fn apply(
    cloud: &(impl Writes + Clone + Send + Sync + 'static),
    ready: ReadyDeploy,
    release: &Release,
    session: &Session<'_>,
) -> Result<Outcome, DeployError> {
    let bucket = asset_bucket(&ready.account, &release.region);
    ensure_bucket(cloud, (&bucket, &ready.account), session).await?;
    upload(cloud, &bucket, objects(release), session).await?;
    let live = clear(cloud, ready.before, session).await?;
    let live = match &ready.kept {
        Some(kept) => {
            adopt(cloud, kept, Target { live, release, bucket: &bucket }, session).await?
        }
        None => live,
    };
    let outcome = change(cloud, live, release, &bucket, session).await?;
    if let Some(kept) = &ready.kept {
        forget(cloud, kept, release, &bucket).await?;
    }
    if let Outcome::Deployed { outputs } = &outcome {
        smoke(cloud, release, outputs, session).await?;
    }
    Ok(outcome)
}

/// Makes room: what is left is a stack to update, or none.
async fn clear(
    cloud: &impl Writes,
    before: Before,
    session: &Session<'_>,
) -> Result<Option<Stack>, DeployError> {
    match before {
        Before::Absent | Before::Shell => Ok(None),
        Before::Live(stack) => Ok(Some(stack)),
        Before::FailedCreate { stack, .. } => {
            session.tell(&format!("deleting `{}`, whose first create failed", stack.name));
            if stack.protected {
                cloud.set_protection(&stack.name, false).await?;
            }
            delete(cloud, &stack, &BTreeMap::new(), session).await?;
            Ok(None)
        }
    }
}

/// Deletes a stack and waits until it is gone; answers everything that was seen.
pub(super) async fn delete(
    cloud: &impl Writes,
    stack: &Stack,
    plugins: &BTreeMap<String, String>,
    session: &Session<'_>,
) -> Result<Vec<super::events::Seen>, DeployError> {
    let after = mark(cloud, &stack.id).await?;
    cloud.delete_stack(&stack.id).await?;
    let what = Follow { id: &stack.id, after, plugins };
    let finished = follow(cloud, what, session).await?;
    let trail = finished.trail.clone();
    finished.success(&stack.name)?;
    Ok(trail)
}

async fn change(
    cloud: &impl Writes,
    live: Option<Stack>,
    release: &Release,
    bucket: &str,
    session: &Session<'_>,
) -> Result<Outcome, DeployError> {
    if let Some(stack) = &live {
        remove_old(cloud, &stack.name).await?;
    }
    let request = request(release, bucket, live.is_some());
    match ask(cloud, &request, session).await? {
        Asked::NoChanges => {
            let outputs = live.map(|stack| stack.outputs).unwrap_or_default();
            Ok(Outcome::Unchanged { outputs })
        }
        Asked::Ready(ids) => {
            protect(cloud, live.as_ref(), release).await?;
            run(cloud, &ids, release, session).await
        }
    }
}

fn request(release: &Release, bucket: &str, exists: bool) -> ChangeSetRequest {
    let key = &release.templates.root.sha256;
    ChangeSetRequest {
        stack: release.stack.clone(),
        name: fresh_name(key),
        kind: kind_of(exists),
        template_url: template_url(bucket, &release.region, key),
        tags: Some(tags(release)),
        imports: Vec::new(),
    }
}

/// The tags that every resource of the stack gets.
#[must_use]
pub fn tags(release: &Release) -> BTreeMap<String, String> {
    let pairs = [("Service", &release.service), ("Stage", &release.env)];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.clone())).collect()
}

async fn protect(
    cloud: &impl Writes,
    live: Option<&Stack>,
    release: &Release,
) -> Result<(), DeployError> {
    let is_on = live.is_some_and(|stack| stack.protected);
    if is_on != release.protect {
        cloud.set_protection(&release.stack, release.protect).await?;
    }
    Ok(())
}

async fn run(
    cloud: &impl Writes,
    ids: &ChangeSetIds,
    release: &Release,
    session: &Session<'_>,
) -> Result<Outcome, DeployError> {
    let plugins = &release.templates.nested_ids;
    let operation = Operation { stack: &release.stack, plugins };
    let stack = execute(cloud, ids, operation, session).await?;
    Ok(Outcome::Deployed { outputs: stack.outputs })
}
