//! Build units in, zips out, and only what is stale.
//!
//! In: [`BuildRequest`], the units that the plan decided on. Out: a [`BuildReport`], the artifacts
//! and every failure. Zips and `manifest.json` lie in `.scheduler/build/` of the project; each is
//! written under another name and renamed, under a lock, so that nothing half-written is ever seen.
//! Equal inputs give byte-equal zips: sorted entries, fixed times and modes, no absolute path.
//! Deliberately absent: decisions about what is built (the plan's) and uploads (deploy's).

mod archive;
mod cargo;
mod command;
mod contents;
mod core;
mod error;
mod folder;
mod inputs;
mod kept;
mod lanes;
mod ledger;
mod look;
mod natives;
mod node;
mod platform;
mod process;
mod python;
mod request;
mod run;
mod sources;
mod text;
mod tree;
mod unit;

pub use cargo::lambda_tools;
pub use error::{
    BuildError, BuildFailure, ContentsError, Fault, Log, MissingTool, NodeError, PackagesError,
};
pub use inputs::places;
pub use look::{Zip, look};
pub use request::{BuildReport, BuildRequest, CoreSource, Target};
pub use run::build;
