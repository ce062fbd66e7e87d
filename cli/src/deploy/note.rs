//! Notes beside the zips in the asset bucket, which outlives every stack.
//!
//! In: a value that says under which key it lies. Deliberately absent: what is noted, and when it
//! goes.

use super::error::DeployError;
use super::ports::{ArtifactReader, ArtifactStore};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Something that is written down about a stack.
pub trait Note: Serialize + DeserializeOwned {
    /// Its key in the asset bucket.
    fn key(stack: &str) -> String;
}

/// The note on a stack, if there is one.
///
/// # Errors
/// A failed call; a note that cannot be read.
pub(super) async fn read_note<T: Note>(
    cloud: &impl ArtifactReader,
    (bucket, stack): (&str, &str),
) -> Result<Option<T>, DeployError> {
    let key = T::key(stack);
    let Some(bytes) = cloud.get(bucket, &key).await? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| DeployError::Object {
        path: format!("s3://{bucket}/{key}"),
        reason: error.to_string(),
    })
}

/// Writes the note on a stack.
///
/// # Errors
/// A failed call.
pub(super) async fn write_note<T: Note>(
    cloud: &impl ArtifactStore,
    (bucket, stack): (&str, &str),
    note: &T,
) -> Result<(), DeployError> {
    let key = T::key(stack);
    let bytes = serde_json::to_vec_pretty(note)
        .map_err(|error| DeployError::Object { path: key.clone(), reason: error.to_string() })?;
    Ok(cloud.put(bucket, &key, bytes).await?)
}
