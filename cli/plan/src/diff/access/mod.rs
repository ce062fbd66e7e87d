//! Who may do more or less than before.
//!
//! In: a stack's template, deployed and wanted. Out: [`AccessChange`]s, from policies of roles,
//! users and groups, managed policies, trust policies and policies of resources. Compared is what
//! the policies allow, not their text: a statement that is split, renamed or moved to another
//! policy of the same role changes nothing. Deliberately absent: what a policy that is not in the
//! template allows, and whether a condition can ever hold.

mod changes;
mod compare;
mod covers;
mod documents;
mod grants;
mod lines;

pub use changes::{AccessChange, Condition, Direction, Holder, HolderKind};
pub(super) use compare::compare;
pub(super) use lines::lines;

#[cfg(test)]
mod tests;
