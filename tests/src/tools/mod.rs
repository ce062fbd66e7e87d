//! Sets up, under `target/tools`, what the checks need beside a Rust toolchain and Python.

mod cargo_deny;
mod setup;
mod venv;

pub use setup::{Tools, setup};
