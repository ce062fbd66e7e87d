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

/// When a schedule is made so, and whether its job is new.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occasion {
    pub(super) now: i64,
    /// A job was made, says the message. Whether its schedule is there yet is another matter.
    pub(super) is_create: bool,
    /// Its schedule was made just now, and is about to fire for the first time.
    pub(super) is_fresh: bool,
}

/// Answers whether the schedule is about to fire for the first time.
pub(super) async fn apply(
    schedules: &impl Schedules,
    action: &ScheduleAction,
    occasion: Occasion,
) -> Result<bool, ApplyError> {
    match action {
        ScheduleAction::Put(wanted) => put(schedules, wanted, occasion).await,
        ScheduleAction::Delete(name) => {
            // Not found is done: a removal may arrive twice.
            schedules.delete(name).await?;
            Ok(false)
        }
    }
}

/// Update, else create, else (made by a twin meanwhile) update again.
///
/// A new job's schedule fires at once, however late it is made, and what follows on the heels of
/// that does not take the run away. A create that arrives again finds the schedule, which has fired
/// long since, and leaves it in its phase; and so is made whatever had been lost.
async fn put(
    schedules: &impl Schedules,
    wanted: &WantedSchedule,
    occasion: Occasion,
) -> Result<bool, ApplyError> {
    let Occasion { now, is_create, is_fresh } = occasion;
    let start = |is_new| if is_new { now } else { wanted.start(now) };
    if schedules.update(wanted, start(is_fresh)).await? == Found::Yes {
        return Ok(is_fresh);
    }
    let is_new = is_create || is_fresh;
    match schedules.create(wanted, (!is_new).then(|| start(false))).await? {
        Created::Done => Ok(is_new),
        Created::NoGroup => Err(ApplyError::NoGroup),
        // It was not there a moment ago: this very create made it, whose answer was lost, or a twin.
        Created::Exists => match schedules.update(wanted, start(is_new)).await? {
            Found::Yes => Ok(is_new),
            Found::No => Err(ApplyError::Contended(wanted.name.clone())),
        },
    }
}
