//! What is kept for a time only: finished runs, and the state of consumers that says for how long.

use super::clock::wall_ms;
use super::log::Log;
use super::world::Worlds;
use scheduler_runtime::local::Store;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

const EVERY: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// What the loop works with.
pub(super) struct Expiry {
    pub(super) store: Store,
    pub(super) worlds: Worlds,
    pub(super) keep_runs: Duration,
    pub(super) log: Log,
}

/// Removes what is too old, now and every hour, until it is dropped.
pub(super) async fn run(expiry: Expiry) {
    loop {
        let keep = i64::try_from(expiry.keep_runs.as_millis()).unwrap_or(i64::MAX);
        if let Err(failure) = expiry.store.prune(wall_ms().saturating_sub(keep)).await {
            expiry.log.trouble(&format!("old runs stay: {}", failure.sentence()));
        }
        for (folder, days) in expiry.worlds.current().expiring() {
            let gone = tokio::task::spawn_blocking(move || {
                let before = SystemTime::now().checked_sub(DAY * days);
                before.map_or(Ok(()), |before| sweep(&folder, before))
            });
            if let Ok(Err(error)) = gone.await {
                expiry.log.trouble(&format!("old state stays: {error}"));
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Removes the files of a folder that were last written before this.
fn sweep(folder: &Path, before: SystemTime) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            sweep(&entry.path(), before)?;
        } else if metadata.modified()? < before {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_too_old_goes() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        for (name, age) in [("old", 100), ("young", 1)] {
            let file = fs::File::create(inner.join(name)).unwrap();
            file.set_modified(SystemTime::now() - DAY * age).unwrap();
        }
        sweep(folder.path(), SystemTime::now() - DAY * 30).unwrap();
        assert!(!inner.join("old").exists());
        assert!(inner.join("young").exists());
        sweep(&folder.path().join("none"), SystemTime::now()).unwrap();
    }
}
