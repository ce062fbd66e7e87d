//! The stream function: the table's records -> change events on the FIFO queue.
//!
//! In: a batch of DynamoDB stream records. Out: calls on a [`crate::ports::ChangeQueue`] and the
//! first record that was not forwarded. Deliberately absent: judging jobs. A record says "this
//! job changed"; the controller looks at the job itself.

mod event;
mod forward;
#[cfg(test)]
mod tests;

pub use event::{Record, StreamEvent, parse};
pub use forward::{Forwarded, forward};
