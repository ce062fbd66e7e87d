//! The clock's loop: when the next job is due, fire everything that is.

use super::clock::Clock;
use super::controller::LOOK;
use super::log::Log;
use scheduler_runtime::local::Store;
use scheduler_runtime::ports::Failure;
use std::sync::Arc;
use std::time::Duration;

/// Jobs in one transaction.
const AT_ONCE: usize = 500;
/// Where nothing is due at all; a new schedule wakes the loop anyway.
const FAR: i64 = 86_400;
/// A store that fails, such as for want of disk space, is asked again after this.
pub(super) const AFTER_A_FAILURE: Duration = Duration::from_secs(1);

/// Fires until it is dropped.
pub(super) async fn run(store: Store, clock: Arc<dyn Clock>, log: Log) {
    loop {
        if let Err(failure) = round(&store, &*clock).await {
            log.trouble(&format!("due jobs wait: {}", failure.sentence()));
            tokio::time::sleep(AFTER_A_FAILURE).await;
        }
    }
}

/// Everything that is due, then the wait for what comes next.
async fn round(store: &Store, clock: &dyn Clock) -> Result<(), Failure> {
    // Asked for before the store is: what changes meanwhile wakes the wait.
    let changed = store.schedules_changed();
    let mut since = clock.now();
    while store.fire(since, AT_ONCE).await? == AT_ONCE {
        since = clock.now();
    }
    let due = store.next_due().await?;
    let next = due.unwrap_or_else(|| clock.now().saturating_add(FAR));
    tokio::select! {
        () = clock.sleep_until(since, next) => {}
        () = changed => {}
        // Somebody else may have brought a schedule back.
        () = tokio::time::sleep(LOOK) => {}
    }
    Ok(())
}
