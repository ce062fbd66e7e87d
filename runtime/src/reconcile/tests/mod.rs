//! The reconciler over small models of both sides.

mod differences;
mod models;
mod passes;
