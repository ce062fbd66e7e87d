//! The reconciler: finds where table and schedules disagree, and has the controller mend it.
//!
//! In: ports to look at both sides, a pass (how closely, how far, from where). Out: a [`Report`],
//! and, with [`repair`], change events on the controller's own queue. A change event is a hint: what
//! is done about it, the controller decides by the job as it is then. So a repair that was not
//! needed does no harm, and nothing is ever written here.
//!
//! Schedules are listed before jobs are read: a schedule that is there before and has no job
//! afterwards is nobody's, since ids are never used again. What changed just now is left alone.
//!
//! Deliberately absent: a clock and a timer (the caller brings both), and any state of its own but
//! the cursor.

mod compare;
mod gather;
mod jobs;
mod limits;
mod metrics;
mod names;
mod orphans;
mod progress;
mod repairs;
mod report;
mod sweep;
#[cfg(test)]
mod tests;

pub use limits::Limits;
pub use metrics::metrics;
pub use progress::{Hourly, Progress, hourly};
pub use report::{Calls, Cursor, Difference, Differences, End, Kind, Report};
pub use sweep::{Depth, GRACE, Pass, Reconciler, repair, survey};
