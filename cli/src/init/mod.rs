//! A new project: a `scheduler.toml`, one small plugin, the schemas that editors ask for.
//!
//! In: a folder. Out: the files that were made, every one of them or none, and none in the place of
//! another. The texts lie in `project/` as they are written, but for the service's name.
//! Deliberately absent: questions; what can be guessed is guessed, and stands in the file to be
//! changed.

mod error;
mod files;
mod name;
mod write;

pub use error::InitError;
pub use files::{NewFile, Taken, Wanted, files};
pub use name::service_name;
pub use write::{in_folder, write};
