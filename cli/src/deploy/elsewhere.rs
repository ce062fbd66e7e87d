//! Whether an env that is not there is in another region, where it belonged before: a deploy would
//! make a second one, and a destroy take the first one for gone.
//!
//! What is known: every region that the tool was used in has an asset bucket of the account, and a
//! bucket's name is seen from every region. Deliberately absent: a note of where an env is, which
//! could be wrong.

use super::error::{CallFailure, DeployError};
use super::ports::{Call, Regions};
use super::session::Session;
use super::stack::Situation;

/// The other region in which there is a stack of this name.
///
/// # Errors
/// A failed call.
pub async fn elsewhere(
    cloud: &impl Regions,
    account: &str,
    (stack, region): (&str, &str),
) -> Call<Option<String>> {
    let mut others = cloud.used_regions(account).await?;
    others.retain(|other| other != region);
    for other in others {
        let found = cloud.describe_in(&other, stack).await?;
        if found.is_some_and(|found| found.state.situation() != Situation::Absent) {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

/// A stack that is not there is nowhere else either, as far as may be looked at.
///
/// # Errors
/// A failed call; the stack in another region.
pub(super) async fn not_elsewhere(
    cloud: &impl Regions,
    account: &str,
    (stack, region): (&str, &str),
    session: &Session<'_>,
) -> Result<(), DeployError> {
    match elsewhere(cloud, account, (stack, region)).await {
        Ok(None) => Ok(()),
        Ok(Some(there)) => {
            Err(DeployError::Elsewhere { stack: stack.to_owned(), here: region.to_owned(), there })
        }
        // Who may use this region alone can have no other one.
        Err(error) if matches!(error.why, CallFailure::Denied(_)) => {
            session.tell(&format!("whether `{stack}` is in another region is not known: {error}"));
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
