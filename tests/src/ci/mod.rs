//! `cargo ci`: everything that the project knows about its own quality.

mod args;
mod run;
mod step;
mod steps;

pub use run::main;
