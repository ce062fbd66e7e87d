//! Making a schedule so: calls that may be repeated at will.

use super::decide::{ScheduleAction, WantedSchedule};
use crate::ports::{Created, Failure, Found, Schedules};

/// Why a schedule could not be made so, this time.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] Failure),
    /// Nothing of this deployment can work.
    #[error("the schedule group does not exist; deploy again")]
    NoGroup,
    /// Somebody else makes and removes it at the same time.
    #[error("the schedule `{0}` comes and goes; another writer is at work")]
    Contended(String),
}

pub(super) async fn apply(
    schedules: &impl Schedules,
    action: &ScheduleAction,
    now: i64,
) -> Result<(), ApplyError> {
    match action {
        ScheduleAction::Put(wanted) => put(schedules, wanted, now).await,
        ScheduleAction::Delete(name) => {
            // Not found is done: a removal may arrive twice.
            schedules.delete(name).await?;
            Ok(())
        }
    }
}

/// Update, else create, else (made by a twin meanwhile) update again.
async fn put(
    schedules: &impl Schedules,
    wanted: &WantedSchedule,
    now: i64,
) -> Result<(), ApplyError> {
    if schedules.update(wanted, wanted.start(now)).await? == Found::Yes {
        return Ok(());
    }
    match schedules.create(wanted, wanted.first(now)).await? {
        Created::Done => Ok(()),
        Created::NoGroup => Err(ApplyError::NoGroup),
        Created::Exists => match schedules.update(wanted, wanted.start(now)).await? {
            Found::Yes => Ok(()),
            Found::No => Err(ApplyError::Contended(wanted.name.clone())),
        },
    }
}
