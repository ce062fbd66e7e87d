//! `kind = "python"` with requirements: their packages, installed by the machine's own `pip` into
//! a folder of the build's, and taken from there.
//!
//! For AWS they come from wheels of the function's processor and Python, whatever machine builds;
//! for this machine they are those of its own `python3`.

mod interpreter;
mod packages;
mod pip;
mod platform;

pub(super) use interpreter::{Interpreter, version};
pub(super) use packages::entries;
pub(super) use pip::{Machine, Pip};
pub(super) use platform::Platform;
