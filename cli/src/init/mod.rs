//! A new project: a `scheduler.toml`, one small plugin, the schemas that editors ask for; and a new
//! plugin in a project that is there.
//!
//! In: a folder. Out: the files that were made, every one of them or none, and none in the place of
//! another. The texts lie in `project/` and `plugin/` as they are written, but for names.
//! Deliberately absent: questions; what can be guessed is guessed, and stands in the file to be
//! changed.

mod error;
mod files;
mod name;
mod plugin;
mod write;

pub use error::InitError;
pub use files::{NewFile, PLUGIN_SCHEMA, Taken, Wanted, files};
pub use name::service_name;
pub use plugin::{Delivery, Language, NewPlugin, job_type};
pub use write::{in_folder, write, write_schemas};
