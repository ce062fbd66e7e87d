//! What AWS refuses or quietly does wrong, and no linter finds.
//!
//! In: a finished template. Out: one sentence a finding, with the logical id. Deliberately absent:
//! what cfn-lint finds already, and looking into other stacks.

mod api;
mod delivery;
mod findings;
mod limits;
mod mappings;
mod schedules;
#[cfg(test)]
mod tests;
mod view;

pub use findings::audit;
