//! `kind = "node"`: packages are installed by the machine's own `npm` into a folder of the build's,
//! and bundles are made by the plugin's own `esbuild`.
//!
//! Scripts of packages are never run: they would compile for this machine, fetch what no lock file
//! pins, and act with the rights of whoever builds. A package with a binary brings it as a package
//! for each platform, or it is told that the function could not load it.

mod addons;
mod bundle;
mod npm;
mod unit;

pub(super) use npm::Pinned;
pub(super) use unit::{Node, entries};
