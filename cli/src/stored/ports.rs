//! What is needed of an env's table and schedules.

use crate::deploy::ports::Call;
use scheduler_contract::JobKey;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::future::Future;

/// The jobs of a deployed env.
pub trait StoredJobs {
    /// Every item of the table, in any order, a page at a time.
    fn each_item(
        &self,
        table: &str,
        each: &mut (dyn FnMut(Map<String, Value>) + Send),
    ) -> impl Future<Output = Call<()>> + Send;

    /// Switches a job off; one that is gone meanwhile is done.
    fn pause_job(&self, table: &str, key: &JobKey) -> impl Future<Output = Call<()>> + Send;

    /// Deletes a job; one that is gone already is done.
    fn delete_job(&self, table: &str, key: &JobKey) -> impl Future<Output = Call<()>> + Send;

    /// How many schedules a group has, whether they fire or not.
    fn schedules(&self, group: &str) -> impl Future<Output = Call<usize>> + Send;

    /// The names of all schedules of a group that fire.
    fn firing(&self, group: &str) -> impl Future<Output = Call<BTreeSet<String>>> + Send;
}

/// Whose job an item is; `None` where it is none, such as a user's counter.
#[must_use]
pub fn key_of(item: &Map<String, Value>) -> Option<JobKey> {
    let user_id = item.get("user_id")?.as_str()?.to_owned();
    Some(JobKey { user_id, job_id: item.get("job_id")?.as_u64()? })
}
