//! Whether an env that is not there is in another region, where it belonged before: a deploy would
//! make a second one, and a destroy take the first one for gone.
//!
//! What is known: every region that the tool was used in has an asset bucket of the account, and a
//! bucket's name is seen from every region. Deliberately absent: a note of where an env is, which
//! could be wrong.

use super::error::{CallError, DeployError};
use super::ports::Regions;
use super::session::Session;
use super::stack::Situation;

/// What a look into other regions found.
#[derive(Debug, Default)]
pub struct Elsewhere {
    /// The region in which there is a stack of this name.
    pub there: Option<String>,
    /// What could not be looked at.
    pub unknown: Vec<CallError>,
}

/// Looks for the stack in every other region that the tool was used in.
pub async fn elsewhere(
    cloud: &impl Regions,
    account: &str,
    (stack, region): (&str, &str),
) -> Elsewhere {
    let mut found = Elsewhere::default();
    let others = cloud.used_regions(account).await;
    let others = others.unwrap_or_else(|error| {
        found.unknown.push(error);
        Vec::new()
    });
    for other in others.into_iter().filter(|other| other != region) {
        match cloud.describe_in(&other, stack).await {
            Ok(Some(stack)) if stack.state.situation() != Situation::Absent => {
                found.there = Some(other);
                break;
            }
            Ok(_) => {}
            Err(error) => found.unknown.push(error),
        }
    }
    found
}

/// A stack that is not there is nowhere else either, as far as can be looked at: who may use one
/// region alone can have no other one.
///
/// # Errors
/// The stack in another region.
pub(super) async fn not_elsewhere(
    cloud: &impl Regions,
    account: &str,
    (stack, region): (&str, &str),
    session: &Session<'_>,
) -> Result<(), DeployError> {
    let Elsewhere { there, unknown } = elsewhere(cloud, account, (stack, region)).await;
    if let Some(there) = there {
        let (stack, here) = (stack.to_owned(), region.to_owned());
        return Err(DeployError::Elsewhere { stack, here, there });
    }
    for error in unknown {
        session.tell(&format!("whether `{stack}` is in another region is not known: {error}"));
    }
    Ok(())
}
