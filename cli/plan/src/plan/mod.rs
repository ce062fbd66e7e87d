//! The plan: what is built, what is created, and who may do what.
//!
//! In: an [`App`](crate::app::App). Out: a [`Plan`] that leaves no choice to what follows: build
//! units, functions, the graph with its edges, permissions read off the edges, and stacks.
//! Deliberately absent: CloudFormation (that is `synth`), and failing: what could be wrong was
//! found before.

mod bucket;
mod consumer;
mod core;
mod core_functions;
pub mod graph;
pub mod physical;
mod stacks;
mod summary;
mod units;

pub use bucket::StateBucket;
pub use core::{external_id, plan};
pub use graph::{Edge, Node, Verb, leaving};
pub use physical::{LOGIN_CALLBACK, Physical, is_reserved};
pub use stacks::{
    Delivery, Elsewhere, Function, LogFormat, Plan, PluginStack, RootStack, Route, nested_id,
};
pub use summary::{EdgeRow, PlanSummary, StackRow, UnitRow};

#[cfg(test)]
mod tests;
