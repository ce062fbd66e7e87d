//! What differs between systems: executable bits and links. On a system without them every file
//! counts as executable, and a link is written as a file that holds its target.

use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

/// Whether somebody may run the file.
#[cfg(unix)]
pub(super) fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
pub(super) fn is_executable(_metadata: &Metadata) -> bool {
    true
}

/// Lets everybody run the file.
#[cfg(unix)]
pub(super) fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
pub(super) fn make_executable(path: &Path) -> io::Result<()> {
    fs::metadata(path).map(|_| ())
}

/// Makes a link.
#[cfg(unix)]
pub(super) fn link(target: &str, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
pub(super) fn link(target: &str, path: &Path) -> io::Result<()> {
    fs::write(path, target)
}

/// What tells a written file from the one that stood there before.
#[cfg(unix)]
pub(super) fn fingerprint(metadata: &Metadata) -> [u64; 6] {
    use std::os::unix::fs::MetadataExt;
    let signed = [metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()];
    let [a, b, c, d] = signed.map(i64::cast_unsigned);
    [metadata.ino(), metadata.size(), a, b, c, d]
}

#[cfg(not(unix))]
pub(super) fn fingerprint(metadata: &Metadata) -> [u64; 6] {
    [metadata.len(), super::ledger::nanos(metadata), 0, 0, 0, 0]
}
