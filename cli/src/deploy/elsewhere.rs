//! Whether the env is deployed already, in another region: its name would make a second one there.
//!
//! What is known: every region that the tool was used in has an asset bucket of the account, and a
//! bucket's name is seen from every region. Deliberately absent: a note of where an env is, which
//! could be wrong.

use super::ports::{Call, Regions};
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
