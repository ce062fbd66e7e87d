//! A data folder taken into use: its lock, its file, its version.

use super::db::{Connections, Db};
use super::store::Store;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};
use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What makes each version of the schema out of the one before, the first one out of nothing. One
/// that has been released is never edited: a change is a further one.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];
/// The version that this program writes.
pub(super) const VERSION: i64 = MIGRATIONS.len() as i64;
/// "SCHD": a database of another program is not ours to write to.
const APPLICATION_ID: i64 = 0x5343_4844;

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("`{}` is in use by another process", .0.display())]
    InUse(PathBuf),
    /// The file is no database, or not a whole one, or somebody else's.
    #[error("`{}` is damaged: {detail}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// A later version of this program wrote it.
    #[error("`{}` was written by a newer version of scheduler (format {found}, this one knows {VERSION})", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
    },
    /// The file system.
    #[error("cannot use `{}`: {detail}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        detail: String,
    },
}

impl OpenError {
    /// How to go on.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::InUse(_) => "end that process, or name another folder: `--data-dir DIR`",
            Self::Damaged { .. } => {
                "nothing was written to it; restore it from a backup, or move it away to start empty"
            }
            Self::Newer { .. } => "use that version, or another folder: `--data-dir DIR`",
            Self::Io { .. } => "the folder has to be writable, and its disk must not be full",
        };
        Some(hint.to_owned())
    }
}

/// The database in a data folder.
pub(super) const DATABASE: &str = "jobs.sqlite";

impl Store {
    /// Takes a data folder into use, and makes it where there is none.
    ///
    /// # Errors
    /// Where it is in use, damaged, newer, or cannot be written.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        make(folder).map_err(|error| of(folder, &error))?;
        let lock = locked(folder)?;
        let path = folder.join(DATABASE);
        private(&path).map_err(|error| of(&path, &error))?;
        let connections = Connections {
            writing: prepared(&path)?,
            reading: read_only(&path)?,
            scanning: read_only(&path)?,
            lock,
        };
        let (db, last) = Db::start(connections).map_err(|error| of(&path, &error))?;
        Ok(Self::new(db, last))
    }
}

fn of(path: &Path, error: &io::Error) -> OpenError {
    OpenError::Io { path: path.to_path_buf(), detail: error.to_string() }
}

/// A folder that is there stays as it is; a new one is for its owner alone, and on disk before
/// anything in it is acknowledged.
fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
    let above = above.unwrap_or(Path::new("."));
    if !above.is_dir() {
        make(above)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        // Somebody else made it meanwhile: who may use it, the lock decides.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
        made => made?,
    }
    File::open(above)?.sync_all()
}

/// Addresses and jobs of people are for the owner's eyes, whatever folder they lie in.
fn private(path: &Path) -> io::Result<File> {
    File::options().create(true).truncate(false).write(true).mode(0o600).open(path)
}

/// Held until the last write is done, or until the process ends.
fn locked(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join("lock");
    let file = private(&path).map_err(|error| of(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(folder.to_path_buf())),
        Err(TryLockError::Error(error)) => Err(of(&path, &error)),
    }
}

fn connection(path: &Path, settings: &str) -> Result<Connection, OpenError> {
    let open = || {
        let connection = Connection::open(path)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.execute_batch("PRAGMA busy_timeout = 5000; PRAGMA mmap_size = 0;")?;
        connection.execute_batch(settings)?;
        Ok(connection)
    };
    open().map_err(|error| unusable(path, &error))
}

pub(super) fn read_only(path: &Path) -> Result<Connection, OpenError> {
    connection(path, "PRAGMA query_only = 1; PRAGMA cache_size = -4000;")
}

/// For a few rows beside whoever has the folder in use.
pub(super) fn writable(path: &Path) -> Result<Connection, OpenError> {
    let connection = connection(path, "PRAGMA synchronous = FULL;")?;
    known(&connection, path)?;
    Ok(connection)
}

/// The file with this version's schema in it, ready to be written.
fn prepared(path: &Path) -> Result<Connection, OpenError> {
    let connection = connection(path, "PRAGMA cache_size = -8000;")?;
    let sql = |error: rusqlite::Error| unusable(path, &error);
    // Nothing is moved into a file that turns out to be unusable.
    let keep_log = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    connection.set_db_config(keep_log, true).map_err(sql)?;
    let found = known(&connection, path)?;
    connection.set_db_config(keep_log, false).map_err(sql)?;
    migrate(&connection, found, MIGRATIONS).map_err(sql)?;
    // FULL: what was answered survives a power cut, not only the end of the process. What was under
    // way when the last process ended waits again.
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             BEGIN IMMEDIATE;
             UPDATE runs SET state = 'waiting', started_ms = NULL
             WHERE state IN ('waiting', 'retrying', 'running') AND state = 'running';
             COMMIT;",
        )
        .map_err(sql)?;
    Ok(connection)
}

/// The version of a file that this program can use: 0 where there is nothing in it yet.
fn known(connection: &Connection, path: &Path) -> Result<i64, OpenError> {
    let sql = |error: rusqlite::Error| unusable(path, &error);
    let damaged = |detail: String| OpenError::Damaged { path: path.to_path_buf(), detail };
    let found = pragma(connection, "user_version").map_err(sql)?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(sql)?;
    let application = pragma(connection, "application_id").map_err(sql)?;
    if (found, tables, application) == (0, 0, 0) {
        return Ok(0);
    }
    if application != APPLICATION_ID || found < 1 {
        return Err(damaged("it is another program's database".to_owned()));
    }
    if found > VERSION {
        return Err(OpenError::Newer { path: path.to_path_buf(), found });
    }
    if ends_within_a_page(connection, path).map_err(sql)? {
        return Err(damaged("its end is missing".to_owned()));
    }
    // At every start: a disk damages a file that was closed as well, and what is written to it then
    // is lost. 100,000 jobs take some 30 ms.
    let said: String =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(sql)?;
    match said.as_str() {
        "ok" => Ok(found),
        _ => Err(damaged(said)),
    }
}

/// SQLite itself notices missing pages, but fills up a last one that is not whole. Only a process
/// that ends while it moves the log into the file leaves such a one, and then the log is still there.
fn ends_within_a_page(connection: &Connection, path: &Path) -> rusqlite::Result<bool> {
    let length = |path: &Path| path.metadata().map_or(0, |found| found.len());
    let page = u64::try_from(pragma(connection, "page_size")?).unwrap_or_default();
    let log = path.with_extension("sqlite-wal");
    Ok(!length(path).is_multiple_of(page) && length(&log) == 0)
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
}

/// Does the steps that lie before the file, all or none.
pub(super) fn migrate(connection: &Connection, found: i64, steps: &[&str]) -> rusqlite::Result<()> {
    let done = usize::try_from(found).unwrap_or_default();
    let missing = steps.get(done..).unwrap_or_default();
    if missing.is_empty() {
        return Ok(());
    }
    let done = connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; {}; PRAGMA application_id = {APPLICATION_ID};
         PRAGMA user_version = {}; COMMIT;",
        missing.join(";"),
        steps.len()
    ));
    if done.is_err() && !connection.is_autocommit() {
        // The error is told; where this fails too, the end of the connection undoes it.
        let _ = connection.execute_batch("ROLLBACK");
    }
    done
}

pub(super) fn unusable(path: &Path, error: &rusqlite::Error) -> OpenError {
    let (path, detail) = (path.to_path_buf(), error.to_string());
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) | None => {
            OpenError::Damaged { path, detail }
        }
        // No such table, in a file that says it is ours.
        Some(ErrorCode::Unknown) => OpenError::Damaged { path, detail },
        Some(_) => OpenError::Io { path, detail },
    }
}
