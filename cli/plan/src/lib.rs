//! The pure core of `scheduler`.
//!
//! In: the text of `scheduler.toml`, of every `plugin.toml` and of the files that they name.
//! Out: problems, an [`app::App`] (everything decided, defaults applied), a [`plan::Plan`]
//! (build units, functions, permissions from edges, stacks), templates and changes.
//! Deliberately absent: files, environment, clock, network, AWS, tokio. `clippy.toml` beside
//! this crate's manifest enforces it.

pub mod app;
pub mod audit;
pub mod check;
pub mod code;
pub mod diff;
pub mod document;
pub mod explain;
pub mod iam;
pub mod limits;
pub mod manifest;
pub mod names;
pub mod narrow;
pub mod nearest;
pub mod plan;
pub mod problem;
pub mod requirements;
pub mod resolve;
pub mod sample;
pub mod schemas;
mod sentence;
pub mod shape;
pub mod sources;
pub mod synth;
pub mod template;
#[cfg(test)]
mod testing;
pub mod toml_text;
pub mod unit;
mod warnings;
mod written;
