//! Rust packages to binaries, through cargo-lambda for AWS and plain cargo for this machine.

mod invocation;
mod tools;
mod wrapper;

pub(super) use invocation::{Invocation, Places, Profile};
pub(super) use tools::Tools;
pub use tools::lambda_tools;
pub(super) use wrapper::install as install_wrapper;
