//! One digest over everything that a unit is built from: equal digest, nothing to do.
//!
//! Contents count, times do not. A build with nothing to do costs the reading of the sources, and
//! one question to the compiler for each toolchain that packages are built by. Not seen: what a
//! build reads from outside of its folder, where `[build].inputs` does not name it; and the versions
//! of tools that only link or unpack.

mod compiler;
mod hash;
mod manifests;
mod packages;
mod places;
mod tree;
mod unit;

pub use places::places;
pub(super) use unit::{Inputs, is_locked};
