//! The ports on one machine: a SQLite file in the place of DynamoDB, its stream, the queue, the
//! schedules and the topic.
//!
//! In: calls on the ports, and the loops' own (`fire`, `take`, `settle`). Out: answers that are on
//! disk when they come. Deliberately absent: a clock (the loops bring the time), consumers, HTTP.

mod changes;
mod check;
mod db;
mod dead;
mod jobs;
mod open;
mod runs;
mod schedules;
mod store;
mod subscriptions;
mod survey;
#[cfg(test)]
mod tests;

pub use changes::PendingChange;
pub use check::Counts;
pub use dead::Revived;
pub use open::OpenError;
pub use runs::{Delivery, Outcome, Settled};
pub use store::Store;
pub use subscriptions::Subscriptions;
pub use survey::{Mending, Survey};
