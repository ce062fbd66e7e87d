//! One file a command: what it reads, what it asks of the stages, what it prints.

pub mod build;
pub mod check;
pub mod deploy;
pub mod destroy;
pub mod diff;
pub mod plan;
pub mod status;
pub mod synth;
