//! What is there already, without building anything or waiting for whoever does.

use super::error::BuildError;
use super::folder::Folder;
use super::inputs::Inputs;
use super::ledger::Ledger;
use super::python::Interpreter;
use super::request::BuildRequest;
use super::text::size;
use serde::Serialize;
use std::fmt::{self, Display};

/// A unit's zip as it lies there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Zip {
    /// It is what a build would make.
    Built {
        /// Its size.
        bytes: u64,
    },
    /// It was made from something else.
    Stale {
        /// Its size.
        bytes: u64,
    },
    /// It was never built.
    Missing,
}

impl Display for Zip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Built { bytes } => write!(f, "{}", size(*bytes)),
            Self::Stale { bytes } => write!(f, "{}, stale", size(*bytes)),
            Self::Missing => f.write_str("not built"),
        }
    }
}

/// The zips of the units, in their order.
///
/// # Errors
/// A source that cannot be read.
pub fn look(request: &BuildRequest<'_>) -> Result<Vec<Zip>, BuildError> {
    let folder = Folder::look(request.project, request.target)?;
    let ledger = Ledger::read(&folder);
    let python = Interpreter::default();
    let mut inputs = Inputs::new(request, &folder, &python);
    let zips = request.units.iter().map(|unit| {
        let found = ledger.find(&folder, unit, &inputs.digest(unit)?);
        Ok(match (found, ledger.last(&folder, unit)) {
            (Some(artifact), _) => Zip::Built { bytes: artifact.bytes },
            (None, Some(artifact)) => Zip::Stale { bytes: artifact.bytes },
            (None, None) => Zip::Missing,
        })
    });
    zips.collect()
}
