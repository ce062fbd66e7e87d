//! What is kept between the runs of a pass that takes more than one, and from pass to pass.

use super::report::{Cursor, End};
use serde::{Deserialize, Serialize};

/// Where the reconciler is. Kept as a text; one that cannot be read is a beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// When the pass that is under way began, epoch seconds; `None`: none is.
    began: Option<i64>,
    /// When the pass before it began: what was written since has not been looked at closely.
    since: i64,
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

    /// What was written since has not been looked at closely, epoch seconds; 0: nothing has.
    #[must_use]
    pub fn since(&self) -> i64 {
        self.since
    }

    /// After a run that began at `began` and ended so.
    #[must_use]
    pub fn after(&self, began: i64, end: &End) -> Self {
        let began = self.began.unwrap_or(began);
        match end {
            End::Done => Self { began: None, since: began, cursor: Cursor::default() },
            End::Limited(at) | End::Failed { at, .. } => {
                Self { began: Some(began), since: self.since, cursor: at.clone() }
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
