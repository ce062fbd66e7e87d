//! Looks before the leap: is there anything to do, on what, and may it be done?
//!
//! Bound by the reading ports only. A deploy with nothing changed ends here, after two calls.

use super::deployed::{Deployed, read_deployed};
use super::destroy::{Holding, holdings};
use super::due::Due;
use super::elsewhere::not_elsewhere;
use super::error::{Cause, DeployError};
use super::history::first_cause;
use super::keep::Kept;
use super::note::read_note;
use super::policy::DESTROYING;
use super::ports::Reads;
use super::recover::{Stranded, left, stranded};
use super::release::{Release, asset_bucket};
use super::session::Session;
use super::stack::{Situation, Stack};
use super::watch::{Follow, follow, mark};
use scheduler_plan::diff::holds_data;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Where a deploy goes.
#[derive(Debug, Clone)]
pub struct Place {
    /// The root stack's name.
    pub stack: String,
    /// The region that it goes to.
    pub region: String,
    /// The only account that it may go to, where one is named.
    pub account: Option<String>,
    /// Logical id of a nested stack -> plugin.
    pub plugins: BTreeMap<String, String>,
}

/// What stands there, and nothing is going on any more.
#[derive(Debug)]
pub struct Found {
    account: String,
    stack: Option<Stack>,
    seen: Instant,
}

/// A build may have taken longer, and somebody else may have deployed meanwhile.
const FRESH: Duration = Duration::from_secs(5);

/// A stack that is as it should be.
#[derive(Debug)]
pub struct Unchanged {
    /// The account that it is in.
    pub account: String,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// What the deploy that brought it left undone; the smoke check is always part of it.
    pub due: Option<Due>,
    /// Whether it has termination protection.
    pub protected: bool,
}

impl Found {
    /// The stack, where it is there and whole enough to be read.
    #[must_use]
    pub fn live(&self) -> Option<&Stack> {
        self.stack.as_ref().filter(|stack| stack.state.situation() == Situation::Settled)
    }

    /// The stack, in whatever state.
    #[must_use]
    pub fn stack(&self) -> Option<&Stack> {
        self.stack.as_ref()
    }

    /// Whether it is time to look again.
    #[must_use]
    pub fn is_old(&self) -> bool {
        self.seen.elapsed() > FRESH
    }
}

/// What a look at the account found.
#[derive(Debug)]
pub enum Prepared {
    /// What is deployed is what is wanted.
    Unchanged(Unchanged),
    /// An update failed and could not go back. Before anything else it does, and then it is looked
    /// at again.
    Stranded(Box<StrandedDeploy>),
    /// There is something to do.
    Ready(Box<ReadyDeploy>),
}

/// A deploy to a stack between two states.
#[derive(Debug)]
pub struct StrandedDeploy {
    /// The account that it goes to.
    pub account: String,
    /// What is there.
    pub stranded: Stranded,
    /// The templates as they were submitted last, to compare with the wanted ones.
    pub deployed: Deployed,
    /// What an earlier `destroy --keep-data` left to be taken over.
    pub kept: Option<Kept>,
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
    /// What the user agreed to.
    pub agreed: Agreed,
}

/// What is only done where the user named it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agreed {
    /// Resources whose data may be lost, as `diff` names them.
    pub data_loss: Vec<String>,
    /// Job types that go though there are jobs of them, and whether the jobs go too.
    pub orphans: BTreeMap<String, bool>,
}

/// What stands where the stack is going to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing.
    Absent,
    /// The shell of a change set that was never executed.
    Shell,
    /// A stack whose first create failed: it was never whole and is recreated on consent.
    FailedCreate {
        /// The stack.
        stack: Stack,
        /// What of it is there, nested stacks included.
        holdings: Vec<Holding>,
        /// What failed the first time.
        cause: Option<Cause>,
    },
    /// A stack to update.
    Live(Stack),
}

impl Before {
    /// What may hold data and goes with a stack whose first create failed, as `diff` names it, and
    /// its type. A create that was rolled back has left nothing.
    #[must_use]
    pub fn left_data(&self) -> Vec<(String, &str)> {
        let Self::FailedCreate { stack, holdings, .. } = self else { return Vec::new() };
        if stack.state.as_str() == "ROLLBACK_COMPLETE" {
            return Vec::new();
        }
        let is_data = |holding: &&Holding| holds_data(&holding.resource.kind);
        let is_there = |holding: &&Holding| !holding.resource.physical_id.is_empty();
        let named = |holding: &'_ Holding| match &holding.nested {
            Some((nested, _)) => format!("{nested}/{}", holding.resource.logical_id),
            None => holding.resource.logical_id.clone(),
        };
        let data = holdings.iter().filter(is_data).filter(is_there);
        data.map(|holding| (named(holding), holding.resource.kind.as_str())).collect()
    }
}

/// Looks at the stack and its account, before anything is built, and waits for what is going on.
///
/// # Errors
/// A failed call; a wrong account; a state that needs a hand.
pub async fn look(
    cloud: &impl Reads,
    place: &Place,
    session: &Session<'_>,
) -> Result<Found, DeployError> {
    let stack = cloud.describe(&place.stack).await?;
    let account = match &stack {
        Some(stack) => stack.account().to_owned(),
        None => cloud.account().await?,
    };
    check_account(place.account.as_deref(), &account)?;
    let stack = settle(cloud, stack, place, session).await?;
    if stack.as_ref().is_none_or(|stack| stack.state.situation() == Situation::Absent) {
        not_elsewhere(cloud, &account, (&place.stack, &place.region), session).await?;
    }
    match stack {
        Some(stack) if is_stuck(&stack) => Err(stuck(cloud, stack).await),
        stack => Ok(Found { account, stack, seen: Instant::now() }),
    }
}

/// Compares what was found with what is wanted.
///
/// # Errors
/// A failed call.
pub async fn prepare(
    cloud: &impl Reads,
    found: Found,
    release: &Release,
) -> Result<Prepared, DeployError> {
    let Found { account, stack, seen: _ } = found;
    if let Some(Stack { outputs, protected, .. }) = unchanged(stack.as_ref(), release) {
        let bucket = asset_bucket(&account, &release.region);
        let due = read_note(cloud, (&bucket, &release.stack)).await?;
        return Ok(Prepared::Unchanged(Unchanged { account, outputs, due, protected }));
    }
    let Some(stack) = stack else {
        return ready(cloud, (Before::Absent, account), release).await;
    };
    let before = match stack.state.situation() {
        Situation::Absent => Before::Shell,
        Situation::Settled => Before::Live(stack),
        Situation::FailedCreate => {
            let cause = first_cause(cloud, &stack.id, &release.templates.nested_ids).await?;
            let holdings = holdings(cloud, &stack).await?;
            Before::FailedCreate { stack, holdings, cause }
        }
        Situation::FailedRollback | Situation::FailedUpdate => {
            return between(cloud, (stack, account), release).await;
        }
        Situation::Busy | Situation::FailedDelete | Situation::FailedImport | Situation::Stuck => {
            return Err(stuck(cloud, stack).await);
        }
    };
    ready(cloud, (before, account), release).await
}

async fn ready(
    cloud: &impl Reads,
    (before, account): (Before, String),
    release: &Release,
) -> Result<Prepared, DeployError> {
    let live = match &before {
        Before::Live(stack) => Some(stack),
        Before::Absent | Before::Shell | Before::FailedCreate { .. } => None,
    };
    let (deployed, kept) = standing(cloud, (live, &account), release).await?;
    let agreed = Agreed::default();
    Ok(Prepared::Ready(Box::new(ReadyDeploy { account, before, deployed, kept, agreed })))
}

async fn between(
    cloud: &impl Reads,
    (stack, account): (Stack, String),
    release: &Release,
) -> Result<Prepared, DeployError> {
    let (deployed, kept) = standing(cloud, (Some(&stack), &account), release).await?;
    let stranded = stranded(cloud, stack, &release.templates.nested_ids).await?;
    Ok(Prepared::Stranded(Box::new(StrandedDeploy { account, stranded, deployed, kept })))
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
    mut found: Option<Stack>,
    place: &Place,
    session: &Session<'_>,
) -> Result<Option<Stack>, DeployError> {
    // Whoever began it may begin the next thing at once.
    while let Some(stack) = &found
        && stack.state.situation() == Situation::Busy
    {
        attach(cloud, stack, &place.plugins, session).await?;
        found = session.patiently(async || cloud.describe(&place.stack).await).await?;
    }
    Ok(found)
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

fn unchanged(found: Option<&Stack>, release: &Release) -> Option<Stack> {
    let stack = found.filter(|stack| stack.state.situation() == Situation::Settled)?;
    let same = stack.outputs.get("Digest") == Some(&release.templates.digest);
    same.then(|| stack.clone())
}

fn is_stuck(stack: &Stack) -> bool {
    matches!(
        stack.state.situation(),
        Situation::FailedDelete | Situation::FailedImport | Situation::Stuck
    )
}

async fn stuck(cloud: &impl Reads, stack: Stack) -> DeployError {
    let situation = stack.state.situation();
    let Stack { id, name, state, reason, .. } = stack;
    if situation == Situation::FailedDelete {
        return match left(cloud, &id, "DELETE_FAILED").await {
            Ok(left) => DeployError::HalfDeleted { stack: name, reason, left },
            Err(error) => error.into(),
        };
    }
    let next = match situation {
        Situation::FailedImport => {
            "run `scheduler destroy --keep-data`, then deploy: what was taken in stays, and is \
             taken over anew"
        }
        _ => "run `scheduler destroy`, with `--keep-data` where its data has to stay, then deploy",
    };
    DeployError::Stuck { stack: name, state: state.to_string(), reason, next }
}

/// Whether the stack is neither on its way out nor half taken over, which leaves no digest.
fn is_whole(stack: &Stack) -> bool {
    stack.outputs.get("Digest").is_some_and(|digest| digest != DESTROYING)
}

/// The deployed templates of a stack that is there, and the note of kept data where it may still
/// have to be taken over.
async fn standing(
    cloud: &impl Reads,
    (stack, account): (Option<&Stack>, &str),
    release: &Release,
) -> Result<(Deployed, Option<Kept>), DeployError> {
    let deployed = match stack {
        Some(stack) => read_deployed(cloud, &stack.name, Some(&release.templates)).await?,
        None => Deployed::default(),
    };
    if stack.is_some_and(is_whole) {
        return Ok((deployed, None));
    }
    let bucket = asset_bucket(account, &release.region);
    let kept = read_note(cloud, (&bucket, &release.stack)).await?;
    Ok((deployed, kept))
}
