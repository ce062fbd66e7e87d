//! The `scheduler` command: everything that touches the outside. What is decided without the
//! outside lives in `scheduler-plan`.

pub mod progress;
