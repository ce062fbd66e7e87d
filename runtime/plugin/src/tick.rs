//! One firing of a job, as the handler gets it.

use crate::job::Job;

/// One firing of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tick<T> {
    /// What to do.
    pub job: Job<T>,
    /// The delivery's own id. A redelivery of the same tick carries the same one.
    pub id: String,
    /// Which delivery this is: 1 the first time. Always 1 without a queue, which counts none.
    pub attempt: u32,
}

impl<T> Tick<T> {
    /// The same for every delivery of one tick, different for every other tick: what to remember
    /// where something may happen once only.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        format!("{}-{}", self.job.key(), self.id)
    }
}
