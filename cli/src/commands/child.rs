//! `scheduler __child`

use crate::args::ChildArgs;
use crate::error::Failure;

/// Not there yet.
///
/// # Errors
/// Always.
pub fn child(_args: &ChildArgs) -> Result<(), Failure> {
    Err(Failure::failed("not there yet"))
}
