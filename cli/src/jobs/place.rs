//! Where the API is, and what opens it.

use crate::local::clock::WallClock;
use axum::http::Uri;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::Path;

/// An API and the way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its address with the base path, without a slash at the end.
    pub url: String,
    /// An emulator's address, where the API lies behind one.
    pub endpoint: Option<String>,
    /// A token, where there is one.
    pub token: Option<String>,
}

/// What a running `scheduler local` leaves in its data folder, so that other commands find it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// The API's address with its base path.
    pub api: String,
    /// The process.
    pub pid: u32,
    /// The jobs' clock.
    #[serde(default)]
    pub clock: WallClock,
}

const FILE: &str = "server.json";

impl Server {
    /// The server of a data folder, if one has said so.
    #[must_use]
    pub fn of(data_dir: &Path) -> Option<Self> {
        let text = fs::read_to_string(data_dir.join(FILE)).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Says so.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn tell(&self, data_dir: &Path) -> io::Result<()> {
        fs::write(data_dir.join(FILE), serde_json::to_string(self)?)
    }

    /// No longer.
    ///
    /// # Errors
    /// Where the file cannot be removed.
    pub fn forget(data_dir: &Path) -> io::Result<()> {
        fs::remove_file(data_dir.join(FILE))
    }
}
/// The address of an API, without a slash at its end.
///
/// # Errors
/// A sentence that says what is allowed.
pub fn address(text: &str) -> Result<String, String> {
    let uri = text.parse::<Uri>().ok();
    let scheme = uri.as_ref().and_then(|uri| uri.scheme_str());
    match scheme {
        Some("http" | "https") => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err("write it as `http://127.0.0.1:8080/v1`".to_owned()),
    }
}
