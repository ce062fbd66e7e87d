//! Who calls (two claims of the token that the gateway has checked), and what is asked.

use super::query::Query;
use serde_json::{Map, Value};

/// What is asked, by whom, when.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The path's `job_id`; not looked at where the route has none.
    pub job_id: &'a str,
    /// The body; `None` where there is none or it cannot be decoded.
    pub body: Option<&'a [u8]>,
    /// Which part of a list.
    pub query: &'a Query,
    /// The header `If-Match`; heeded by updates, pauses and resumes.
    pub if_match: Option<&'a str>,
    /// Epoch seconds.
    pub now: i64,
}

/// The calling user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The claim `cognito:username`.
    pub user_id: String,
    /// The claim `email`.
    pub user_email: String,
}

impl Caller {
    /// The caller of these claims; `None` where one is missing or empty.
    #[must_use]
    pub fn of(claims: &Map<String, Value>) -> Option<Self> {
        Some(Self {
            user_id: claim(claims, "cognito:username")?,
            user_email: claim(claims, "email")?,
        })
    }
}

fn claim(claims: &Map<String, Value>, name: &str) -> Option<String> {
    let text = claims.get(name)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}
