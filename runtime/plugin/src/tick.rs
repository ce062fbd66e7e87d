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
    /// `<user_id>-<job_id>-<id>`: the same for every delivery of one message, different for every
    /// other: what to remember where something may happen once only. A tick that AWS publishes
    /// twice, or that is put back from the dead letters, is another message.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        format!("{}-{}", self.job.key(), self.id)
    }
}
