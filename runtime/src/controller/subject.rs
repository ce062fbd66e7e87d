//! What a message is about: a job, or a schedule that is no job's.

use super::run::Hopeless;
use scheduler_contract::{Change, ChangeType, JobKey, SchedulerChange};

/// What a message is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// This job's schedule.
    Job {
        /// Which job.
        key: JobKey,
        /// Whether it was made, says the message.
        is_create: bool,
    },
    /// A schedule that no job has: it goes. Only the reconciler finds such a one.
    Nobodys(String),
}

/// Reads a message of this group.
///
/// A message's group is its schedule's name. A removal whose id is that name, where the name is no
/// id of a job with that name, tells of a schedule that somebody else made: no stream record ever
/// reads so.
pub(super) fn subject(body: &str, group: &str) -> Result<Subject, Hopeless> {
    let change: SchedulerChange = serde_json::from_str(body)?;
    let key = change.scheduler_id.parse::<JobKey>();
    let is_own = key.as_ref().is_ok_and(|key| key.schedule_name() == group);
    if change.change == Change::Remove && change.scheduler_id == group && !is_own {
        return Ok(Subject::Nobodys(change.scheduler_id));
    }
    let is_create = change.change.change_type() == ChangeType::Create;
    Ok(Subject::Job { key: key?, is_create })
}
