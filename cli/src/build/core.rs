//! The core functions' zip: their `bootstrap`, carried inside the tool or built from the checkout
//! that the tool was built from, and `job_types.json`.

use super::archive::{Content, Entry, expect_architecture};
use super::error::BuildError;
use scheduler_plan::names::Architecture;
use std::path::{Path, PathBuf};

/// The package and the binary in the checkout.
pub(super) const PACKAGE: &str = "scheduler-runtime";
pub(super) const BIN: &str = "bootstrap";

/// What the zip holds.
pub(super) fn entries(bootstrap: Vec<u8>, job_types: &str) -> Vec<Entry> {
    vec![
        Entry { name: BIN.into(), content: Content::Executable(bootstrap) },
        Entry { name: "job_types.json".into(), content: Content::File(job_types.into()) },
    ]
}

/// The `bootstrap` that the tool carries, where it is for this processor.
pub(super) fn embedded(
    bootstrap: &[u8],
    architecture: Architecture,
) -> Result<Vec<u8>, BuildError> {
    match expect_architecture(bootstrap, architecture) {
        Ok(()) => Ok(bootstrap.to_vec()),
        Err(found) => Err(BuildError::WrongBinary {
            bin: "the core that this `scheduler` carries".into(),
            found,
            wanted: architecture.as_str(),
        }),
    }
}

/// Cargo's target folder for the core: in the checkout's own, but apart, because what is built
/// there went through the wrapper.
pub(super) fn cargo_target(checkout: &Path) -> PathBuf {
    checkout.join("target/core")
}
