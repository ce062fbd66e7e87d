//! A job's revision as its ETag, and `If-Match` (RFC 9110, sections 8.8.3 and 13.1.1).

use super::answer::ApiError;

/// The ETag of a revision.
pub(crate) fn of(rev: u64) -> String {
    format!("\"{rev}\"")
}

/// Whether a caller who may have said which revisions are meant means this one.
///
/// # Errors
/// Where another is meant. What is no list of ETags means none.
pub(crate) fn check(if_match: Option<&str>, rev: u64) -> Result<(), ApiError> {
    let Some(condition) = if_match else { return Ok(()) };
    // No ETag of ours holds a comma; a weak one (`W/"1"`) never matches here.
    let mut meant = condition.split(',').map(str::trim);
    let own = of(rev);
    match meant.any(|tag| tag == "*" || tag == own) {
        true => Ok(()),
        false => Err(ApiError::Changed(rev)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_revisions_that_are_meant_match() {
        for matching in [None, Some("*"), Some("\"7\""), Some("\"6\", \"7\"")] {
            assert!(check(matching, 7).is_ok(), "{matching:?}");
        }
        for other in ["\"6\"", "7", "W/\"7\"", "", "\"77\""] {
            assert!(check(Some(other), 7).is_err(), "{other}");
        }
    }
}
