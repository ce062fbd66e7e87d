//! What AWS refuses or quietly does wrong, and no linter finds.
//!
//! In: a finished template. Out: findings, each about one resource, and how much of everything
//! the template has. Deliberately absent: what cfn-lint finds already, and looking into other
//! stacks.

mod api;
mod delivery;
mod findings;
mod limits;
mod mappings;
mod policies;
mod schedules;
mod sizes;
#[cfg(test)]
mod tests;
mod view;

pub use findings::{Finding, audit};
pub use sizes::Sizes;
