//! The changes' loop: what the API wrote becomes schedules, by the same controller as on AWS.

use super::clock::Clock;
use super::firing::AFTER_A_FAILURE;
use super::log::Log;
use super::world::Worlds;
use scheduler_runtime::controller;
use scheduler_runtime::local::Store;
use scheduler_runtime::ports::Failure;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How often what somebody else wrote is looked for.
pub(super) const LOOK: Duration = Duration::from_secs(1);
/// Changes in one batch.
const AT_ONCE: usize = 256;

/// What the loop works with.
pub(super) struct Changes {
    pub(super) store: Store,
    pub(super) worlds: Worlds,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) log: Log,
}

/// Applies changes until it is dropped.
pub(super) async fn run(changes: Changes) {
    loop {
        let arrived = changes.store.changes_arrived();
        match round(&changes).await {
            Ok(Round::Idle) => {
                // `verify --repair` writes from another process, and wakes nobody.
                let _ = tokio::time::timeout(LOOK, arrived).await;
            }
            Ok(Round::Worked) => {}
            Ok(Round::Failed) => tokio::time::sleep(AFTER_A_FAILURE).await,
            Err(failure) => {
                changes.log.trouble(&format!("changes wait: {}", failure.sentence()));
                tokio::time::sleep(AFTER_A_FAILURE).await;
            }
        }
    }
}

/// Applies what waits, once; what fails stays.
pub(super) async fn apply_all(changes: &Changes) -> Result<(), Failure> {
    while let Round::Worked = round(changes).await? {}
    Ok(())
}

enum Round {
    Idle,
    Worked,
    Failed,
}

async fn round(changes: &Changes) -> Result<Round, Failure> {
    let pending = changes.store.changes(AT_ONCE).await?;
    if pending.is_empty() {
        return Ok(Round::Idle);
    }
    let messages = pending.iter().map(|change| change.message.clone()).collect();
    let world = changes.worlds.current();
    let report = controller::run(&world.controller, messages, changes.clock.now()).await;
    for problem in &report.problems {
        changes.log.trouble(problem);
    }
    let failed: BTreeSet<&str> = report.failed.iter().map(String::as_str).collect();
    let done = pending.iter().filter(|change| !failed.contains(change.message.message_id.as_str()));
    let done: Vec<i64> = done.map(|change| change.seq).collect();
    changes.store.forget_changes(&done).await?;
    Ok(if failed.is_empty() { Round::Worked } else { Round::Failed })
}
