//! One digest over everything that a unit is built from: equal digest, nothing to do.
//!
//! Contents count, times do not. No process is started: a build with nothing to do costs the
//! reading of the sources. Not seen: the compiler's version, and what a script reads from outside
//! of its folder.

mod hash;
mod manifests;
mod packages;
mod tree;
mod unit;

pub(super) use unit::{Inputs, is_locked};
