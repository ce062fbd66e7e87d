//! A new job's id: from a counter per user, so that none is ever given twice.

use crate::ports::{Failure, JobStore};

/// More would mean that something else than other creates is in the way.
const TRIES: usize = 8;

/// Claims an id. A user without a counter (new, or with jobs of the original) gets one that
/// starts after the highest id in use; whoever of several creates starts it, all then claim.
pub(crate) async fn claim(store: &impl JobStore, user_id: &str) -> Result<u64, Failure> {
    for _ in 0..TRIES {
        if let Some(id) = store.claim_id(user_id).await? {
            return Ok(id);
        }
        let highest = store.highest_id(user_id).await?;
        let first = highest.map_or(0, |highest| highest.saturating_add(1));
        store.start_ids(user_id, first).await?;
    }
    Err(Failure::new("claim a job id", "the counter keeps vanishing"))
}
