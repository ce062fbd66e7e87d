//! The reconciler over small models of both sides.

mod differences;
mod lasting;
mod models;
mod passes;
