//! The run of every hour, and what is kept between the runs of a pass that takes more than one, and
//! from pass to pass.

use super::limits::Limits;
use super::report::{Cursor, End, Report};
use super::sweep::{Depth, GRACE, Pass, Reconciler, repair};
use crate::ports::{Bookmark, ChangeQueue, JobScan, ScheduleReader};
use serde::{Deserialize, Serialize};

/// Where the reconciler is. Kept as a text; one that cannot be read is a beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// When the pass that is under way began, epoch seconds; `None`: none is.
    began: Option<i64>,
    /// When the pass before it began; 0: there was none.
    since: i64,
    /// Schedules that were not as their jobs say, in the runs of the pass that is under way.
    #[serde(default)]
    found: u64,
    cursor: Cursor,
}

impl Progress {
    /// Of what was kept.
    #[must_use]
    pub fn of(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// Where to go on.
    #[must_use]
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// What was written since may not have been looked at closely, epoch seconds: since the last
    /// pass began, or shortly before, for what had changed just then was left alone.
    #[must_use]
    pub fn since(&self) -> i64 {
        self.since.saturating_sub(GRACE).max(0)
    }

    /// After a run that began at `began` and ended so.
    #[must_use]
    pub fn after(&self, began: i64, end: &End) -> Self {
        let began = self.began.unwrap_or(began);
        match end {
            End::Done => Self { since: began, ..Self::default() },
            End::Limited(at) | End::Failed { at, .. } => {
                Self { began: Some(began), cursor: at.clone(), ..self.clone() }
            }
        }
    }

    /// As text.
    #[must_use]
    pub fn text(&self) -> String {
        // Texts and numbers: printing them cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Schedules of a round that are looked at closely though nobody wrote to them: with 300 that are
/// as they should be, fewer than one in a hundred is not (95 %).
const OTHERS: usize = 300;

/// What came of a run.
#[derive(Debug)]
pub struct Hourly {
    /// What the run itself found.
    pub report: Report,
    /// Schedules that were not as their jobs say, in all runs of a pass; `None`: the pass is not at
    /// its end.
    pub drift: Option<u64>,
    /// What to log.
    pub problems: Vec<String>,
}

/// Goes on where the last run stopped, repairs, and notes how far it came. Every attribute is
/// compared of schedules that were written since the last pass, by whomever: so whatever is changed
/// is looked at by the pass that follows.
pub async fn hourly<J: JobScan, S: ScheduleReader, Q: ChangeQueue, B: Bookmark>(
    reconciler: &Reconciler<J, S>,
    queue: &Q,
    (bookmark, limits, clock): (&B, Limits, &(dyn Fn() -> i64 + Sync)),
) -> Hourly {
    let began = clock();
    let progress = match bookmark.load().await {
        Ok(text) => Progress::of(text.as_deref()),
        Err(why) => {
            let end = End::Failed { at: Cursor::default(), why };
            let report = Report { end, ..Report::default() };
            let problems = report.sentences();
            return Hourly { report, drift: None, problems };
        }
    };
    let depth = Depth::Sample { since: progress.since(), others: OTHERS };
    let pass = Pass { from: progress.cursor.clone(), grace: GRACE, depth, limits, clock };
    let report = repair(reconciler, &pass, queue).await;
    let progress = Progress { found: progress.found.saturating_add(report.drift()), ..progress };
    let drift = matches!(report.end, End::Done).then_some(progress.found);
    let mut problems = report.sentences();
    let noted = bookmark.save(&progress.after(began, &report.end).text()).await;
    problems.extend(noted.err().map(|failure| failure.sentence()));
    Hourly { report, drift, problems }
}
