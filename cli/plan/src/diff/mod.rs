//! What a deploy would change: deployed templates against wanted ones.
//!
//! In: template bodies as CloudFormation gives them back, and [`Templates`](crate::template::Templates).
//! Out: [`Changes`], by stack, resource and property. Deliberately absent: change sets, live
//! resources (drift is another matter), and what changes with every deploy, such as the digest.

mod changes;
mod compare;
mod show;
mod stateful;
mod values;

pub use changes::{Action, Changes, DataLoss, PropertyChange, ResourceChange, StackChanges};
pub use compare::{Deployed, diff};

#[cfg(test)]
mod tests;
