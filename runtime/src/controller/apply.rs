//! Making a schedule so: calls that may be repeated at will.

use super::decide::{ScheduleAction, WantedSchedule};
use crate::ports::{Created, Failure, Found, Made, Schedules};

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

/// When a schedule is made so, and why.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occasion {
    /// Epoch seconds.
    pub(super) now: i64,
    /// A job was made, says the message. Whether its schedule is there yet is another matter.
    pub(super) is_create: bool,
}

/// So long after it was begun a schedule may not have fired, seconds: Scheduler fires within a
/// minute (EventBridge Scheduler user guide, "Schedule types": 60-second precision), and its clock
/// may be some seconds before this one.
const FIRST_RUN: i64 = 90;

/// How often another writer may come between a look and what follows from it.
const LOOKS: usize = 3;

pub(super) async fn apply(
    schedules: &impl Schedules,
    action: &ScheduleAction,
    occasion: Occasion,
) -> Result<(), ApplyError> {
    match action {
        ScheduleAction::Put(wanted) => put(schedules, wanted, occasion).await,
        ScheduleAction::Delete(name) => {
            // Not found is done: a removal may arrive twice.
            schedules.delete(name).await?;
            Ok(())
        }
    }
}

/// Looks, then updates or creates; and looks again where a twin was quicker, or the answer to this
/// very create was lost.
///
/// A new job's schedule fires at once, however late it is made, and no change that follows takes
/// that run away, in whatever batch it comes; nor does a repair that came before the create. A
/// create that arrives again finds the schedule, which has fired long since, and leaves it in its
/// phase; and so is made whatever had been lost.
async fn put(
    schedules: &impl Schedules,
    wanted: &WantedSchedule,
    occasion: Occasion,
) -> Result<(), ApplyError> {
    let Occasion { now, is_create } = occasion;
    // A paused job has no run to lose, and a resume fires nothing.
    let start = |is_first| (!(is_first && wanted.enabled)).then(|| wanted.start(now));
    for _ in 0..LOOKS {
        match schedules.made(&wanted.name).await? {
            None => match schedules.create(wanted, start(is_create)).await? {
                Created::Done => return Ok(()),
                Created::NoGroup => return Err(ApplyError::NoGroup),
                Created::Exists => {}
            },
            Some(made) => {
                let is_first = is_due_first(made, now) || (is_create && is_overtaken(made, now));
                if schedules.update(wanted, start(is_first)).await? == Found::Yes {
                    return Ok(());
                }
            }
        }
    }
    Err(ApplyError::Contended(wanted.name.clone()))
}

/// Whether it was begun at once, so lately that it may not have fired. An update that comes before
/// the run begins it anew: it counts from there. (It may have been written since `now`, the beginning
/// of a batch.)
fn is_due_first(made: Made, now: i64) -> bool {
    let Some(begun) = made.modified.or(made.at) else { return false };
    now - begun < FIRST_RUN && made.start.is_none_or(|start| start <= begun)
}

/// Made by a repair that came before the create, never written since, and not due yet: it has not
/// run. (A create itself lets it fire at once.)
fn is_overtaken(made: Made, now: i64) -> bool {
    let Made { at: Some(at), modified: Some(modified), start: Some(start) } = made else {
        return false;
    };
    modified == at && start > now.max(at)
}
