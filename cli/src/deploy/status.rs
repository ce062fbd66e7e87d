//! What `scheduler status` answers.

use super::error::DeployError;
use super::ports::StackReader;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// The stack's state and outputs; the shape of `--json status` is a promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The stack's name.
    pub stack: String,
    /// StackStatus, or `ABSENT`.
    pub state: String,
    /// Output key -> value.
    pub outputs: BTreeMap<String, String>,
}

/// Asks CloudFormation, once.
///
/// # Errors
/// The call's.
pub async fn status(cloud: &impl StackReader, stack: &str) -> Result<Status, DeployError> {
    let found = cloud.describe(stack).await?;
    let (state, outputs) = match found {
        Some(found) => (found.state.to_string(), found.outputs),
        None => ("ABSENT".to_owned(), BTreeMap::new()),
    };
    Ok(Status { stack: stack.to_owned(), state, outputs })
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stack, state, outputs } = self;
        write!(f, "{stack}: {state}")?;
        let width = outputs.keys().map(String::len).max().unwrap_or(0);
        outputs.iter().try_for_each(|(key, value)| write!(f, "\n  {key:width$}  {value}"))
    }
}
