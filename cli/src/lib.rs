//! The `scheduler` command: everything that touches the outside. What is decided without the
//! outside lives in `scheduler-plan`.

pub mod args;
pub mod build;
pub mod cloud;
pub mod commands;
pub mod deploy;
pub mod doctor;
pub mod error;
pub mod http;
pub mod init;
pub mod jobs;
pub mod load;
pub mod local;
pub mod login;
pub mod output;
pub mod pipeline;
pub mod progress;
pub mod project;
pub mod run;
pub mod settings;
pub mod stored;
pub mod text;
