//! One file a command: what it reads, what it asks of the stages, what it prints.

pub mod build;
pub mod check;
pub mod child;
pub mod completions;
pub mod deploy;
pub mod destroy;
pub mod diff;
pub mod doctor;
pub mod explain;
pub mod init;
pub mod jobs;
pub mod local;
pub mod login;
pub mod man;
mod narrow;
mod orphans;
mod out;
pub mod plan;
pub mod plugin;
pub mod status;
pub mod synth;
pub mod verify;
