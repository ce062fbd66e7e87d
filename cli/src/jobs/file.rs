//! Jobs as a file: what `list --file` writes and `create --file` reads.

use super::client::Job;
use serde_json::Value;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A file that holds no jobs, or cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read or written.
    #[error("cannot {action} `{path}`: {error}")]
    Io {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// No JSON.
    #[error("{path}:{line}:{column}: no JSON: {what}")]
    Json {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong.
        what: String,
    },
    /// JSON, but neither an object nor an array of objects.
    #[error("{path}:1:1: neither a job (an object) nor an array of jobs")]
    Shape {
        /// The file.
        path: PathBuf,
    },
}

/// The jobs of a file; `-` is stdin.
///
/// # Errors
/// Where it cannot be read, or holds something else.
pub fn read(path: &Path) -> Result<Vec<Job>, FileError> {
    let text = match path.to_str() {
        Some("-") => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).map(|_| text)
        }
        _ => fs::read_to_string(path),
    };
    let text = text.map_err(|error| FileError::Io { action: "read", path: path.into(), error })?;
    let value = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        // At the very end of an empty file serde_json counts from 0.
        let (line, column) = (error.line().max(1), error.column().max(1));
        FileError::Json { path: path.into(), line, column, what: error.to_string() }
    })?;
    jobs(value).ok_or_else(|| FileError::Shape { path: path.into() })
}

fn jobs(value: Value) -> Option<Vec<Job>> {
    let object = |value: Value| match value {
        Value::Object(job) => Some(job),
        _ => None,
    };
    match value {
        Value::Array(several) => several.into_iter().map(object).collect(),
        one => object(one).map(|job| vec![job]),
    }
}

/// Writes jobs whole, or leaves the file as it was.
///
/// # Errors
/// Where it cannot be written.
pub fn write(path: &Path, jobs: &[Job]) -> Result<(), FileError> {
    let fail = |error| FileError::Io { action: "write", path: path.into(), error };
    let mut text = serde_json::to_string_pretty(jobs).map_err(|error| fail(error.into()))?;
    text.push('\n');
    let mut aside = path.as_os_str().to_owned();
    aside.push(".tmp");
    fs::write(&aside, text).and_then(|()| fs::rename(&aside, path)).map_err(fail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jobs.json");
        let job = json!({"job_type": "test", "n": 9_007_199_254_740_993_u64});
        let jobs = vec![job.as_object().unwrap().clone()];
        write(&path, &jobs).unwrap();
        assert_eq!(read(&path).unwrap(), jobs);
        fs::write(&path, job.to_string()).unwrap();
        assert_eq!(read(&path).unwrap(), jobs);
    }

    #[test]
    fn another_content_is_refused_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jobs.json");
        for (text, says) in
            [("[{]", ":1:3: no JSON"), ("[1]", "neither a job"), ("1", "neither a job")]
        {
            fs::write(&path, text).unwrap();
            let error = read(&path).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        assert!(read(&folder.path().join("none")).is_err());
    }
}
