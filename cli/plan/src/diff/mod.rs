//! What a deploy would change: deployed templates against wanted ones.
//!
//! In: template bodies as CloudFormation gives them back, and [`Templates`](crate::template::Templates).
//! Out: [`Changes`], by stack, resource and property, with what is replaced and why, and apart from
//! them who may do more or less than before. Deliberately absent: change sets, live
//! resources (drift is another matter), and what changes with every deploy, such as the digest.

mod access;
mod changes;
mod compare;
mod create_only;
mod replacement;
mod shorten;
mod show;
mod stateful;
mod terms;
mod values;

pub use access::{AccessChange, Condition, Direction, Holder, HolderKind};
pub use changes::{Action, Changes, DataLoss, PropertyChange, ResourceChange, StackChanges};
pub use compare::{Deployed, diff};
pub use create_only::Certainty;
pub use replacement::Replacement;
pub use stateful::holds_data;

#[cfg(test)]
mod tests;
