//! Reading and writing objects.

use super::folder;
use bytes::Bytes;
use object_store::path::Path;
use object_store::{
    Error, GetResult, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutResult, UpdateVersion,
};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// An opened place for state.
#[derive(Clone)]
pub struct State {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    folder: Option<PathBuf>,
}

/// What a key holds.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The whole object.
    pub bytes: Bytes,
    /// Which writing of it this is; [`State::replace`] wants it back.
    pub version: Version,
    /// How long ago it was written, by the two clocks involved.
    pub age: Duration,
}

/// One writing of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    e_tag: Option<String>,
    version: Option<String>,
}

/// Why state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// There is no such place.
    #[error("{0}")]
    Place(String),
    /// Somebody else wrote the object since it was read.
    #[error("the state of `{0}` was written by another run meanwhile")]
    Conflict(String),
    /// The store refused or could not be reached.
    #[error("the state of `{key}`: {source}")]
    Store {
        /// The object.
        key: String,
        /// What the store said.
        #[source]
        source: Error,
    },
}

impl State {
    pub(super) fn new(store: Arc<dyn ObjectStore>, prefix: Path, folder: Option<PathBuf>) -> Self {
        Self { store, prefix, folder }
    }

    /// The object under `key`, if there is one. A key may hold any characters; it never leaves the
    /// state's prefix.
    ///
    /// # Errors
    /// The store refuses or cannot be reached.
    pub async fn get(&self, key: &str) -> Result<Option<Stored>, StateError> {
        match self.store.get(&self.path(key)).await {
            Ok(found) => read(found).await.map(Some).map_err(|e| told(key, e)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(told(key, e)),
        }
    }

    /// Writes an object that is not there yet.
    ///
    /// # Errors
    /// [`StateError::Conflict`] where there is one by now; the store refuses.
    pub async fn create(&self, key: &str, bytes: Vec<u8>) -> Result<Version, StateError> {
        self.put(key, bytes, PutMode::Create).await
    }

    /// Writes over the writing of an object that was read.
    ///
    /// # Errors
    /// [`StateError::Conflict`] where it is another one by now; the store refuses.
    pub async fn replace(
        &self,
        key: &str,
        bytes: Vec<u8>,
        read: &Version,
    ) -> Result<Version, StateError> {
        let Some(root) = &self.folder else {
            return self.put(key, bytes, PutMode::Update(read.clone().into())).await;
        };
        let _lock = folder::lock(root).await.map_err(|e| told(key, generic(e)))?;
        let now = self.store.head(&self.path(key)).await;
        match now.map(|meta| Version::from(&meta)) {
            Ok(now) if now == *read => self.put(key, bytes, PutMode::Overwrite).await,
            Ok(_) | Err(Error::NotFound { .. }) => Err(StateError::Conflict(key.to_owned())),
            Err(e) => Err(told(key, e)),
        }
    }

    async fn put(&self, key: &str, bytes: Vec<u8>, mode: PutMode) -> Result<Version, StateError> {
        let path = self.path(key);
        let put = self.store.put_opts(&path, bytes.into(), mode.into()).await;
        put.map(Version::from).map_err(|e| told(key, e))
    }

    fn path(&self, key: &str) -> Path {
        self.prefix.clone().join(key)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "State({}/{})", self.store, self.prefix)
    }
}

async fn read(found: GetResult) -> Result<Stored, Error> {
    let version = Version::from(&found.meta);
    let written: SystemTime = found.meta.last_modified.into();
    let age = SystemTime::now().duration_since(written).unwrap_or_default();
    let bytes = found.bytes().await?;
    Ok(Stored { bytes, version, age })
}

fn told(key: &str, source: Error) -> StateError {
    let key = key.to_owned();
    match source {
        // S3 answers 404 to a conditional write whose object is gone.
        Error::AlreadyExists { .. } | Error::Precondition { .. } | Error::NotFound { .. } => {
            StateError::Conflict(key)
        }
        source => StateError::Store { key, source },
    }
}

fn generic(source: std::io::Error) -> Error {
    Error::Generic { store: "folder", source: Box::new(source) }
}

impl From<&ObjectMeta> for Version {
    fn from(meta: &ObjectMeta) -> Self {
        Self { e_tag: meta.e_tag.clone(), version: meta.version.clone() }
    }
}

impl From<PutResult> for Version {
    fn from(put: PutResult) -> Self {
        Self { e_tag: put.e_tag, version: put.version }
    }
}

impl From<Version> for UpdateVersion {
    fn from(version: Version) -> Self {
        Self { e_tag: version.e_tag, version: version.version }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    fn state(dir: &tempfile::TempDir) -> State {
        State::open(Url::from_file_path(dir.path()).unwrap().as_str()).unwrap()
    }

    #[tokio::test]
    async fn what_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let state = state(&dir);
        assert!(state.get("u-1").await.unwrap().is_none());
        let version = state.create("u-1", b"one".to_vec()).await.unwrap();
        let stored = state.get("u-1").await.unwrap().unwrap();
        assert_eq!((&stored.bytes[..], stored.version.clone()), (&b"one"[..], version));
        assert!(stored.age < Duration::from_secs(60));
        state.replace("u-1", b"two".to_vec(), &stored.version).await.unwrap();
        assert_eq!(&state.get("u-1").await.unwrap().unwrap().bytes[..], b"two");
    }

    #[tokio::test]
    async fn the_second_of_two_writers_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let state = state(&dir);
        let old = state.create("k", b"one".to_vec()).await.unwrap();
        state.replace("k", b"two".to_vec(), &old).await.unwrap();
        let late = state.replace("k", b"three".to_vec(), &old).await.unwrap_err();
        assert!(matches!(late, StateError::Conflict(_)), "{late}");
        let again = state.create("k", b"four".to_vec()).await.unwrap_err();
        assert!(matches!(again, StateError::Conflict(_)), "{again}");
        assert_eq!(&state.get("k").await.unwrap().unwrap().bytes[..], b"two");
    }

    #[tokio::test]
    async fn of_many_at_once_one_wins() {
        let dir = tempfile::tempdir().unwrap();
        let state = state(&dir);
        let old = state.create("k", vec![]).await.unwrap();
        let writers = (0..8).map(|n| state.replace("k", vec![n], &old));
        let done = futures_util::future::join_all(writers).await;
        assert_eq!(done.iter().filter(|r| r.is_ok()).count(), 1);
    }

    #[tokio::test]
    async fn a_key_never_leaves_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("inner");
        let state = State::open(Url::from_file_path(&inner).unwrap().as_str()).unwrap();
        for key in ["../out", "..", "a/../../out", "/etc/x", "ü /%2e"] {
            state.create(key, b"x".to_vec()).await.unwrap();
            assert_eq!(&state.get(key).await.unwrap().unwrap().bytes[..], b"x", "{key}");
        }
        let beside: Vec<_> = std::fs::read_dir(dir.path()).unwrap().collect();
        assert_eq!(beside.len(), 1, "{beside:?}");
        assert!(std::fs::read_dir(&inner).unwrap().count() >= 5);
    }
}
