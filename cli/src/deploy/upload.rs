//! Puts zips and templates into the asset bucket, side by side, each under the digest of its
//! bytes; what is there already is skipped.

use super::error::{CallError, DeployError};
use super::ports::{ArtifactReader, ArtifactStore, BucketState};
use super::release::{ObjectFile, Release};
use super::session::Session;
use crate::text::count;
use scheduler_plan::template::{Template, hex_sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// So many uploads run at a time.
const SIDE_BY_SIDE: usize = 8;

/// Where an object's bytes come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// A text that was made here.
    Text(String),
}

/// Everything that the release's templates name, and the templates, by key.
#[must_use]
pub fn objects(release: &Release) -> BTreeMap<String, Source> {
    let files = release.objects.iter().map(file);
    let templates = release.templates.plugins.values().map(text);
    files.chain(templates).chain([text(&release.templates.root)]).collect()
}

fn file(object: &ObjectFile) -> (String, Source) {
    (object.key.clone(), Source::File(object.path.clone()))
}

/// A template as an object.
#[must_use]
pub fn text(template: &Template) -> (String, Source) {
    (template.sha256.clone(), Source::Text(template.text.clone()))
}

/// Makes sure of the asset bucket, which has to belong to this account.
///
/// # Errors
/// A failed call; a bucket of that name that belongs to someone else.
pub async fn ensure_bucket(
    cloud: &impl ArtifactStore,
    (bucket, owner): (&str, &str),
    session: &Session<'_>,
) -> Result<(), DeployError> {
    if cloud.ensure_bucket(bucket, owner).await? == BucketState::Made {
        session.tell(&format!("made the asset bucket `{bucket}`"));
    }
    Ok(())
}

/// Uploads what is not there yet.
///
/// # Errors
/// The first failure; the others are let go.
pub async fn upload(
    cloud: &(impl ArtifactStore + ArtifactReader + Clone + Send + Sync + 'static),
    bucket: &str,
    objects: BTreeMap<String, Source>,
    session: &Session<'_>,
) -> Result<(), DeployError> {
    let total = objects.len();
    let gate = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let mut tasks = JoinSet::new();
    for (key, source) in objects {
        let job = Job { cloud: cloud.clone(), bucket: bucket.to_owned(), key, source };
        let gate = Arc::clone(&gate);
        tasks.spawn(async move {
            // The gate is never closed.
            let _pass = gate.acquire().await.ok();
            job.run().await
        });
    }
    let mut sent = 0;
    while let Some(done) = tasks.join_next().await {
        sent += usize::from(done.map_err(lost)??);
    }
    session.tell(&match (sent, total - sent) {
        (0, there) => format!("nothing to upload: {} there already", count(there, "object")),
        (sent, 0) => format!("uploaded {}", count(sent, "object")),
        (sent, there) => format!("uploaded {}, {there} there already", count(sent, "object")),
    });
    Ok(())
}

fn lost(error: tokio::task::JoinError) -> DeployError {
    DeployError::Object { path: "an object".into(), reason: error.to_string() }
}

struct Job<C> {
    cloud: C,
    bucket: String,
    key: String,
    source: Source,
}

impl<C: ArtifactStore + ArtifactReader> Job<C> {
    /// Answers whether anything had to be sent.
    async fn run(self) -> Result<bool, DeployError> {
        if self.cloud.has(&self.bucket, &self.key).await? {
            return Ok(false);
        }
        let bytes = read(&self.source, &self.key).await?;
        let sent: Result<(), CallError> = self.cloud.put(&self.bucket, &self.key, bytes).await;
        sent?;
        Ok(true)
    }
}

/// The bytes, which have to be what the key says: a template names nothing else.
async fn read(source: &Source, key: &str) -> Result<Vec<u8>, DeployError> {
    let (path, bytes) = match source {
        Source::Text(text) => ("a template".into(), text.clone().into_bytes()),
        Source::File(path) => {
            let shown = path.display().to_string();
            let bytes = tokio::fs::read(path).await.map_err(|error| DeployError::Object {
                path: shown.clone(),
                reason: error.to_string(),
            })?;
            (shown, bytes)
        }
    };
    if hex_sha256(&bytes) == key {
        return Ok(bytes);
    }
    let reason = format!("its bytes are not those of digest `{key}`: it was changed meanwhile");
    Err(DeployError::Object { path, reason })
}
