//! Makes it so: bucket, uploads, change set, execution, smoke check.
//!
//! In: a [`ReadyDeploy`] that the user consented to. Out: the outputs. Nothing before this
//! function writes to AWS, and everything in here can be run again after any interruption.

use super::adopt::{Target, adopt};
use super::changeset::{
    Asked, Operation, ask, execute, fresh_name, kind_of, newest_event, remove_old,
};
use super::destroy::{DestroyRequest, Holding, ReadyDestroy, take_away};
use super::due::Due;
use super::error::DeployError;
use super::finish::finish;
use super::guard;
use super::meant::losses;
use super::note::{read_note, write_note};
use super::policy::DataFate;
use super::ports::{ChangeSetIds, ChangeSetRequest, MeantChange, Writes};
use super::prepare::{Agreed, Before, ReadyDeploy};
use super::protect::unprotected;
use super::release::{Release, asset_bucket, template_url};
use super::session::Session;
use super::stack::Stack;
use super::upload::{ensure_bucket, objects, text, upload};
use super::watch::{Follow, follow, mark};
use scheduler_plan::diff::diff;
use scheduler_plan::template::Template;
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
    let ReadyDeploy { account, before, kept, agreed, deployed } = ready;
    let bucket = asset_bucket(&account, &release.region);
    ensure_bucket(cloud, (&bucket, &account), session).await?;
    upload(cloud, &bucket, objects(release), session).await?;
    let reconcile = deployed.root.is_some() && diff(&deployed, &release.templates).retargets();
    let due = Due { adopted: kept.is_some(), reconcile, ..Due::default() };
    let run = Run { cloud, release, bucket: &bucket, agreed: &agreed, session };
    let mut live = run.clear(before).await?;
    if let Some(kept) = &kept {
        live = adopt(cloud, kept, Target { live, release, bucket: &bucket }, session).await?;
    }
    if live.is_none() && release.protect {
        live = run.create_unprotected().await?;
    }
    run.change(live, due).await
}

/// Deletes a stack and waits until it is gone; answers everything that was seen.
pub(super) async fn delete(
    cloud: &impl Writes,
    (id, name): (&str, &str),
    (retain, plugins): (&[String], &BTreeMap<String, String>),
    session: &Session<'_>,
) -> Result<Vec<super::events::Seen>, DeployError> {
    let after = mark(cloud, id).await?;
    cloud.delete_stack(id, retain).await?;
    let finished = follow(cloud, Follow { id, after, plugins }, session).await?;
    finished.deletion(name)?;
    Ok(finished.trail)
}

/// One deploy under way.
struct Run<'a, C> {
    cloud: &'a C,
    release: &'a Release,
    bucket: &'a str,
    agreed: &'a Agreed,
    session: &'a Session<'a>,
}

impl<C: Writes + Clone + Send + Sync + 'static> Run<'_, C> {
    /// Makes room: what is left is a stack to update, or none.
    async fn clear(&self, before: Before) -> Result<Option<Stack>, DeployError> {
        match before {
            Before::Absent | Before::Shell => Ok(None),
            Before::Live(stack) => Ok(Some(stack)),
            Before::FailedCreate { stack, holdings, .. } => {
                let what = format!("deleting `{}`, whose first create failed", stack.name);
                self.session.tell(&what);
                self.remove(stack, holdings).await.map(|()| None)
            }
        }
    }

    /// A stack that was never whole. A bucket that holds anything would stop it half-way.
    async fn remove(&self, stack: Stack, holdings: Vec<Holding>) -> Result<(), DeployError> {
        let Self { cloud, release, session, .. } = self;
        if stack.protected {
            cloud.set_protection(&stack.name, false).await?;
        }
        let request = DestroyRequest {
            stack: release.stack.clone(),
            env: release.env.clone(),
            region: release.region.clone(),
            account: None,
            protect: false,
            keep_data: false,
            retain: Vec::new(),
            plugins: release.templates.nested_ids.clone(),
        };
        let ready = ReadyDestroy { stack, holdings, keep_data: false };
        take_away(*cloud, &ready, (&request, DataFate::Delete), session).await?;
        Ok(())
    }

    /// The first step of a protected env's first create; the second is the ordinary change.
    async fn create_unprotected(&self) -> Result<Option<Stack>, DeployError> {
        let Some(first) = unprotected(&self.release.templates) else { return Ok(None) };
        let Self { cloud, bucket, session, .. } = self;
        session.tell("first without deletion protection: a create that fails has to clean up");
        let objects = first.nested.iter().chain([&first.root]).map(text).collect();
        upload(*cloud, bucket, objects, session).await?;
        match ask(*cloud, &self.request(&first.root, None), session).await? {
            Asked::NoChanges => Ok(None),
            Asked::Ready(ids, _) => Ok(Some(self.execute(&ids).await?)),
        }
    }

    async fn change(&self, live: Option<Stack>, news: Due) -> Result<Outcome, DeployError> {
        let Self { cloud, release, bucket, agreed, session } = self;
        if let Some(stack) = &live {
            remove_old(*cloud, &stack.name).await?;
        }
        let request = self.request(&release.templates.root, live.as_ref());
        match ask(*cloud, &request, session).await? {
            Asked::NoChanges => {
                let outputs = live.map(|stack| stack.outputs).unwrap_or_default();
                let earlier = read_note(*cloud, (bucket, &release.stack)).await?;
                if earlier.is_some() || news.adopted {
                    let due = news.following(earlier, &agreed.orphans);
                    finish(*cloud, (release, bucket), &due, &outputs, session).await?;
                }
                Ok(Outcome::Unchanged { outputs })
            }
            Asked::Ready(ids, meant) => {
                self.confirm(&ids, &meant).await?;
                self.protect(live.as_ref()).await?;
                let since = newest_event(*cloud, &ids, &release.stack).await?;
                let earlier = read_note(*cloud, (bucket, &release.stack)).await?;
                let news = Due { change: ids.id.clone(), since, ..news };
                let due = news.following(earlier, &agreed.orphans);
                write_note(*cloud, (bucket, &release.stack), &due).await?;
                let outputs = self.execute(&ids).await?.outputs;
                finish(*cloud, (release, bucket), &due, &outputs, session).await?;
                Ok(Outcome::Deployed { outputs })
            }
        }
    }

    /// Holds what CloudFormation means to do against what was agreed to: it may know of a
    /// replacement that the templates do not show.
    async fn confirm(&self, ids: &ChangeSetIds, meant: &[MeantChange]) -> Result<(), DeployError> {
        let Self { cloud, release, agreed, .. } = self;
        let lost = losses(*cloud, meant).await?;
        let unforeseen: Vec<_> =
            lost.into_iter().filter(|one| !agreed.data_loss.contains(&one.id)).collect();
        if unforeseen.is_empty() {
            return Ok(());
        }
        cloud.delete_change_set(&ids.stack_id, &ids.id).await?;
        Err(DeployError::DataLoss { stack: release.stack.clone(), lost: unforeseen })
    }

    async fn execute(&self, ids: &ChangeSetIds) -> Result<Stack, DeployError> {
        let plugins = &self.release.templates.nested_ids;
        let operation = Operation { stack: &self.release.stack, plugins };
        execute(self.cloud, ids, operation, self.session).await
    }

    fn request(&self, root: &Template, live: Option<&Stack>) -> ChangeSetRequest {
        let Self { release, bucket, .. } = self;
        ChangeSetRequest {
            stack: release.stack.clone(),
            name: fresh_name(&root.sha256),
            kind: kind_of(live.is_some()),
            template_url: template_url(bucket, &release.region, &root.sha256),
            tags: Some(tags(release)),
            imports: Vec::new(),
        }
    }

    /// Termination protection as the env says, and a policy that lets this change through.
    async fn protect(&self, live: Option<&Stack>) -> Result<(), DeployError> {
        let Self { cloud, release, agreed, .. } = self;
        let is_on = live.is_some_and(|stack| stack.protected);
        if is_on != release.protect {
            cloud.set_protection(&release.stack, release.protect).await?;
        }
        match live {
            Some(_) if release.protect && !agreed.data_loss.is_empty() => {
                guard::close(*cloud, release, &agreed.data_loss).await
            }
            Some(_) if is_on && !release.protect => guard::open(*cloud, release).await,
            _ => Ok(()),
        }
    }
}

/// Sets termination protection and its policy as the env says, with nothing else to change.
///
/// # Errors
/// The call's.
pub async fn protect_again(cloud: &impl Writes, release: &Release) -> Result<(), DeployError> {
    cloud.set_protection(&release.stack, release.protect).await?;
    match release.protect {
        true => guard::close(cloud, release, &[]).await,
        false => guard::open(cloud, release).await,
    }
}

/// The tags that every resource of the stack gets.
#[must_use]
pub fn tags(release: &Release) -> BTreeMap<String, String> {
    let pairs = [("Service", &release.service), ("Stage", &release.env)];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.clone())).collect()
}
