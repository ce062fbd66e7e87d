//! From `STATE_URL` to a [`State`].

use super::store::{State, StateError};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ClientOptions, RetryConfig};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// The variable that says where the state lies.
pub const ENV: &str = "STATE_URL";

/// One try; three of them fit into a short function's time.
const REQUEST: Duration = Duration::from_secs(5);
const RETRIES: usize = 3;
const ALL_TRIES: Duration = Duration::from_secs(12);

impl State {
    /// Opens what `STATE_URL` names.
    ///
    /// # Errors
    /// The variable is not set or names no place that state can lie in.
    pub fn from_env() -> Result<Self, StateError> {
        let url = std::env::var(ENV).map_err(|_| {
            StateError::Place(format!("`{ENV}` is not set: `plugin.toml` asks for no `state`"))
        })?;
        Self::open(&url)
    }

    /// Opens `s3://bucket/prefix`, with the function's own credentials and region, or
    /// `file:///folder`, which is made where it is missing. `AWS_ENDPOINT_URL` is honoured.
    ///
    /// # Errors
    /// The URL is of no known kind, or the folder cannot be made.
    pub fn open(url: &str) -> Result<Self, StateError> {
        let bad = |why: String| StateError::Place(format!("the state's place `{url}`: {why}"));
        let parsed = Url::parse(url).map_err(|e| bad(e.to_string()))?;
        match parsed.scheme() {
            "s3" => bucket(&parsed).map_err(|e| bad(e.to_string())),
            "file" => folder(&parsed).map_err(bad),
            _ => Err(bad("begins with neither `s3://` nor `file://`".to_owned())),
        }
    }
}

fn bucket(url: &Url) -> Result<State, object_store::Error> {
    crate::tls::install();
    let plain_http = std::env::var("AWS_ENDPOINT_URL").is_ok_and(|e| e.starts_with("http://"));
    let client = ClientOptions::new().with_timeout(REQUEST).with_allow_http(plain_http);
    let store = AmazonS3Builder::from_env()
        .with_bucket_name(url.host_str().unwrap_or_default())
        .with_client_options(client)
        .with_retry(RetryConfig {
            max_retries: RETRIES,
            retry_timeout: ALL_TRIES,
            ..RetryConfig::default()
        })
        .build()?;
    Ok(State::new(Arc::new(store), Path::from_url_path(url.path())?, None))
}

fn folder(url: &Url) -> Result<State, String> {
    let root: PathBuf = url.to_file_path().map_err(|()| "names no folder".to_owned())?;
    std::fs::create_dir_all(&root).map_err(|e| e.to_string())?;
    let store = LocalFileSystem::new_with_prefix(&root).map_err(|e| e.to_string())?;
    Ok(State::new(Arc::new(store), Path::default(), Some(root)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_none_is_told_with_its_name() {
        for url in ["ftp://x/y", "nothing", "file://host/x"] {
            let told = State::open(url).err().map(|e| e.to_string()).unwrap_or_default();
            assert!(told.contains(&format!("`{url}`")), "{told}");
        }
    }

    #[test]
    fn a_folder_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let wanted = dir.path().join("a").join("b");
        State::open(Url::from_file_path(&wanted).unwrap().as_str()).unwrap();
        assert!(wanted.is_dir());
    }
}
