//! What is due after every change, and again where it was not done: an earlier deploy may have
//! ended before it. Every step may be done twice.

use super::adopt::forget;
use super::due::Due;
use super::error::DeployError;
use super::guard;
use super::keep::Kept;
use super::note::{Note, read_note};
use super::ports::Writes;
use super::release::Release;
use super::session::Session;
use super::smoke::smoke;
use super::tidy::tidy;
use crate::text::count;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// What the progress port knows it by.
const TASK: &str = "schedules";

/// Works the note off, and removes it.
///
/// # Errors
/// A failed call; an API that does not answer as it should; schedules that do not follow.
pub async fn finish(
    cloud: &impl Writes,
    (release, bucket): (&Release, &str),
    due: &Due,
    outputs: &BTreeMap<String, String>,
    session: &Session<'_>,
) -> Result<(), DeployError> {
    let stack = release.stack.as_str();
    if release.protect {
        guard::close(cloud, release, &[]).await?;
    }
    let plugins = &release.templates.nested_ids;
    tidy(cloud, (stack, due.since.clone()), plugins, session).await?;
    smoke(cloud, release, outputs, session).await?;
    delete_jobs(cloud, release, (due, outputs), session).await?;
    if due.adopted
        && let Some(kept) = read_note::<Kept>(cloud, (bucket, stack)).await?
    {
        forget(cloud, &kept, release, bucket).await?;
    }
    if due.adopted || due.reconcile {
        reconcile(cloud, stack, outputs, session).await?;
    }
    // Another deploy may have begun meanwhile, and written down its own.
    let note = read_note::<Due>(cloud, (bucket, stack)).await?;
    if note.is_some_and(|found| found.change == due.change) {
        cloud.remove(bucket, &Due::key(stack)).await?;
    }
    Ok(())
}

/// A type that is back keeps its jobs.
async fn delete_jobs(
    cloud: &impl Writes,
    release: &Release,
    (due, outputs): (&Due, &BTreeMap<String, String>),
    session: &Session<'_>,
) -> Result<(), DeployError> {
    let gone: BTreeSet<_> = due.delete.difference(&release.job_types).cloned().collect();
    let Some(table) = outputs.get("TableName").filter(|_| !gone.is_empty()) else { return Ok(()) };
    let deleted = cloud.delete_jobs(table, &gone).await?;
    session.tell(&format!("deleted {} whose type is gone", count(deleted, "job")));
    Ok(())
}

/// Has every difference mended, and waits for it as long as it gets on.
async fn reconcile(
    cloud: &impl Writes,
    stack: &str,
    outputs: &BTreeMap<String, String>,
    session: &Session<'_>,
) -> Result<(), DeployError> {
    session.tell("bringing schedules in step with their jobs");
    session.progress.begin(TASK, "looking at every job and every schedule");
    let left = follow(cloud, stack, outputs, session).await;
    session.progress.end(TASK);
    match left? {
        0 => {
            session.tell("every job has its schedule");
            Ok(())
        }
        left => Err(DeployError::OutOfStep { stack: stack.to_owned(), left }),
    }
}

async fn follow(
    cloud: &impl Writes,
    stack: &str,
    outputs: &BTreeMap<String, String>,
    session: &Session<'_>,
) -> Result<u64, DeployError> {
    let mut least = cloud.differences(stack, outputs, true).await?;
    let mut pauses = session.pauses();
    let mut deadline = Instant::now() + session.pace.smoke;
    while least > 0 && Instant::now() < deadline {
        session.progress.at(TASK, &format!("{least} to go"));
        pauses.pause().await;
        let polled = cloud.differences(stack, outputs, false).await;
        let Some(left) = pauses.tolerate(polled)? else { continue };
        if left < least {
            least = left;
            deadline = Instant::now() + session.pace.smoke;
            pauses.reset();
        }
    }
    Ok(least)
}
