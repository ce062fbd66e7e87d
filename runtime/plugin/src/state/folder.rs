//! Conditional writes in a folder, which has none of its own: a lock beside the objects.

use std::fs::File;
use std::io;
use std::path::Path;

/// Waits until nobody else writes in `root`; the lock goes with the value, or with the process.
pub(super) async fn lock(root: &Path) -> io::Result<File> {
    let path = root.join(".lock");
    let taken = tokio::task::spawn_blocking(move || {
        let file = File::create(path)?;
        file.lock()?;
        Ok(file)
    });
    taken.await.map_err(io::Error::other)?
}
