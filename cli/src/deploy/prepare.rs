//! Looks before the leap: is there anything to do, on what, and may it be done?
//!
//! Bound by the reading ports only. A deploy with nothing changed ends here, after one call.

use super::adopt::read_kept;
use super::deployed::{Deployed, read_deployed};
use super::error::{Cause, DeployError};
use super::events::{Seen, root_cause};
use super::keep::Kept;
use super::policy::DESTROYING;
use super::ports::{After, Reads};
use super::release::{Release, asset_bucket};
use super::session::Session;
use super::stack::{Situation, Stack};
use super::watch::{Follow, follow, mark};
use std::collections::BTreeMap;

/// What a look at the account found.
#[derive(Debug)]
pub enum Prepared {
    /// What is deployed is what is wanted.
    Unchanged {
        /// The stack's outputs.
        outputs: BTreeMap<String, String>,
    },
    /// There is something to do.
    Ready(Box<ReadyDeploy>),
}

/// A deploy that only waits for consent.
#[derive(Debug)]
pub struct ReadyDeploy {
    /// The account that it goes to.
    pub account: String,
    /// What is there.
    pub before: Before,
    /// The deployed templates, to compare with the wanted ones.
    pub deployed: Deployed,
    /// What an earlier `destroy --keep-data` left to be taken over.
    pub kept: Option<Kept>,
}

/// What stands where the stack is going to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing.
    Absent,
    /// The shell of a change set that was never executed.
    Shell,
    /// A stack whose first create failed: it holds nothing and is recreated on consent.
    FailedCreate {
        /// The stack.
        stack: Stack,
        /// What failed the first time.
        cause: Option<Cause>,
    },
    /// A stack to update.
    Live(Stack),
}

/// Looks at the stack and its account.
///
/// # Errors
/// A failed call; a wrong account; a state that needs a hand.
pub async fn prepare(
    cloud: &impl Reads,
    release: &Release,
    session: &Session<'_>,
) -> Result<Prepared, DeployError> {
    let found = cloud.describe(&release.stack).await?;
    let account = match &found {
        Some(stack) => stack.account().to_owned(),
        None => cloud.account().await?,
    };
    check_account(release.account.as_deref(), &account)?;
    let found = settle(cloud, found, release, session).await?;
    if let Some(outputs) = unchanged(found.as_ref(), release) {
        return Ok(Prepared::Unchanged { outputs });
    }
    let before = before(cloud, found).await?;
    let ready = ready(cloud, release, account, before).await?;
    Ok(Prepared::Ready(Box::new(ready)))
}

/// # Errors
/// Another account than the one that the env names.
pub(super) fn check_account(expected: Option<&str>, actual: &str) -> Result<(), DeployError> {
    match expected {
        Some(expected) if expected != actual => Err(DeployError::WrongAccount {
            expected: expected.to_owned(),
            actual: actual.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Waits for whatever someone else has started.
async fn settle(
    cloud: &impl Reads,
    found: Option<Stack>,
    release: &Release,
    session: &Session<'_>,
) -> Result<Option<Stack>, DeployError> {
    let busy = |stack: &Stack| stack.state.situation() == Situation::Busy;
    match found {
        Some(stack) if busy(&stack) => {
            attach(cloud, &stack, &release.templates.nested_ids, session).await?;
            Ok(cloud.describe(&release.stack).await?)
        }
        other => Ok(other),
    }
}

/// Follows an operation that somebody else started.
pub(super) async fn attach(
    cloud: &impl Reads,
    stack: &Stack,
    plugins: &BTreeMap<String, String>,
    session: &Session<'_>,
) -> Result<(), DeployError> {
    session.tell(&format!("`{}` is in {}: waiting for its end", stack.name, stack.state));
    let after = mark(cloud, &stack.id).await?;
    follow(cloud, Follow { id: &stack.id, after, plugins }, session).await?;
    Ok(())
}

fn unchanged(found: Option<&Stack>, release: &Release) -> Option<BTreeMap<String, String>> {
    let stack = found.filter(|stack| stack.state.situation() == Situation::Settled)?;
    let same = stack.outputs.get("Digest") == Some(&release.templates.digest);
    same.then(|| stack.outputs.clone())
}

async fn before(cloud: &impl Reads, found: Option<Stack>) -> Result<Before, DeployError> {
    let Some(stack) = found else { return Ok(Before::Absent) };
    match stack.state.situation() {
        Situation::Absent => Ok(Before::Shell),
        Situation::Settled => Ok(Before::Live(stack)),
        Situation::FailedCreate => {
            let cause = first_cause(cloud, &stack).await?;
            Ok(Before::FailedCreate { stack, cause })
        }
        _ => Err(stuck(stack)),
    }
}

async fn first_cause(cloud: &impl Reads, stack: &Stack) -> Result<Option<Cause>, DeployError> {
    let events = cloud.events(&stack.id, &After::default()).await?;
    let trail: Vec<Seen> = events.into_iter().map(|event| Seen { plugin: None, event }).collect();
    Ok(root_cause(&trail))
}

fn stuck(stack: Stack) -> DeployError {
    let next = match stack.state.situation() {
        Situation::FailedRollback => {
            "repair what stands in the way, then `aws cloudformation continue-update-rollback`"
        }
        Situation::FailedDelete => "run `scheduler destroy` again, then deploy",
        _ => "look at the stack in the CloudFormation console",
    };
    let Stack { name, state, reason, .. } = stack;
    DeployError::Stuck { stack: name, state: state.to_string(), reason, next }
}

/// Whether the stack is neither on its way out nor half taken over, which leaves no digest.
fn is_whole(stack: &Stack) -> bool {
    stack.outputs.get("Digest").is_some_and(|digest| digest != DESTROYING)
}

async fn ready(
    cloud: &impl Reads,
    release: &Release,
    account: String,
    before: Before,
) -> Result<ReadyDeploy, DeployError> {
    let deployed = match &before {
        Before::Live(stack) => read_deployed(cloud, &stack.name, Some(&release.templates)).await?,
        _ => Deployed::default(),
    };
    let bucket = asset_bucket(&account, &release.region);
    let kept = match &before {
        Before::Live(stack) if is_whole(stack) => None,
        _ => read_kept(cloud, &bucket, &release.stack).await?,
    };
    Ok(ReadyDeploy { account, before, deployed, kept })
}
