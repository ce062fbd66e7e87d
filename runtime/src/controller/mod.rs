//! The controller: makes one schedule equal to one item, for every change event.
//!
//! In: a batch of FIFO messages. Out: calls on [`crate::ports::Schedules`], dead letters for what
//! can never be applied, and the messages to deliver again. Level-triggered: a message only says
//! that a job changed, the item says what the schedule has to be. So duplicates, reordering and
//! lost duplicates cannot leave a wrong end.

mod apply;
mod batch;
mod decide;
mod run;
mod subject;
#[cfg(test)]
mod tests;

pub use apply::ApplyError;
pub use batch::{Message, parse};
pub use decide::{Deployment, Poison, ScheduleAction, Target, WantedSchedule, decide};
pub(crate) use decide::{next_run, retry_seconds};
pub use run::{Controller, Report, run, run_until};
