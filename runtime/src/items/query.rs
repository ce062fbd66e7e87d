//! What stands behind the path: pages of a list, `?limit=` and `?cursor=`, and `?paused=` of a create.

use super::answer::ApiError;

/// The largest page.
pub(crate) const LIMIT_MAX: usize = 1000;

/// A query as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// How many at most.
    pub limit: Option<String>,
    /// Where the last page ended.
    pub cursor: Option<String>,
    /// Whether a new job waits for its resume.
    pub paused: Option<String>,
}

/// What a query asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    /// The last id of the page before.
    pub(crate) after: Option<u64>,
    pub(crate) limit: usize,
}

impl Query {
    /// `None`: everything, as the original answers.
    pub(crate) fn page(&self) -> Result<Option<Page>, ApiError> {
        if self.limit.is_none() && self.cursor.is_none() {
            return Ok(None);
        }
        let after = self.cursor.as_deref().map(str::parse).transpose();
        let after = after.map_err(|_| ApiError::Query("`cursor` is none that this API gave"))?;
        Ok(Some(Page { after, limit: self.limit_or(LIMIT_MAX)? }))
    }

    /// Whether a new job is created as one that is paused.
    pub(crate) fn paused(&self) -> Result<bool, ApiError> {
        match self.paused.as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(ApiError::Query("`paused` has to be `true` or `false`")),
        }
    }

    pub(crate) fn limit_or(&self, default: usize) -> Result<usize, ApiError> {
        let Some(text) = &self.limit else { return Ok(default) };
        let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
        limit.ok_or(ApiError::Query("`limit` has to be a whole number from 1 to 1000"))
    }
}
