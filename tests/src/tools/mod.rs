//! Sets up, under `target/tools`, what the checks need beside a Rust toolchain and Python.

mod cargo_deny;
mod models;
mod setup;
mod venv;

pub use models::python_packages;
pub use setup::{Tools, setup};
