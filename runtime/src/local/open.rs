//! A data folder taken into use: its lock, its file, its version.

use super::db::{Alarm, Db, Threads};
use super::store::Store;
use rusqlite::{Connection, ErrorCode};
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// The schema that this version writes.
const VERSION: i64 = 1;
const SCHEMA: &str = include_str!("schema.sql");
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

impl Store {
    /// Takes a data folder into use, and makes it where there is none.
    ///
    /// # Errors
    /// Where it is in use, damaged, newer, or cannot be written.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let of = |path: &Path| {
            let path = path.to_path_buf();
            move |error: io::Error| OpenError::Io { path, detail: error.to_string() }
        };
        fs::create_dir_all(folder).map_err(of(folder))?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(of(folder))?;
        let lock = locked(folder)?;
        let path = folder.join("jobs.sqlite");
        let writing = prepared(&path)?;
        let reading = connection(&path)?;
        let started = Db::start(writing, reading);
        let (db, threads) = started.map_err(of(&path))?;
        Ok(Self::new(db, Arc::new(Alarm::default()), Held { lock, threads }))
    }
}

/// What a store holds as long as it lives.
#[derive(Debug)]
pub(super) struct Held {
    lock: File,
    threads: Threads,
}

impl Held {
    /// Waits for the threads' end, then gives the folder free.
    pub(super) fn release(self) {
        self.threads.join();
        drop(self.lock);
    }
}

/// Held until [`Held::release`], or until the process ends.
pub(super) type Holding = Arc<Mutex<Option<Held>>>;

fn locked(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join("lock");
    let io = |error: io::Error| OpenError::Io { path: path.clone(), detail: error.to_string() };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(folder.to_path_buf())),
        Err(TryLockError::Error(error)) => Err(io(error)),
    }
}

fn connection(path: &Path) -> Result<Connection, OpenError> {
    let open = || {
        let connection = Connection::open(path)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.execute_batch(
            "PRAGMA busy_timeout = 5000; PRAGMA cache_size = -8000; PRAGMA mmap_size = 0;",
        )?;
        Ok(connection)
    };
    open().map_err(|error| unusable(path, &error))
}

/// The file with this version's schema in it, ready to be written.
fn prepared(path: &Path) -> Result<Connection, OpenError> {
    let connection = connection(path)?;
    let sql = |error: rusqlite::Error| unusable(path, &error);
    let found = pragma(&connection, "user_version").map_err(sql)?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(sql)?;
    let ours = pragma(&connection, "application_id").map_err(sql)? == APPLICATION_ID;
    match (found, tables) {
        (0, 0) => create(&connection).map_err(sql)?,
        _ if !ours => {
            let detail = "it is another program's database".to_owned();
            return Err(OpenError::Damaged { path: path.to_path_buf(), detail });
        }
        (found, _) if found > VERSION => {
            return Err(OpenError::Newer { path: path.to_path_buf(), found });
        }
        _ => whole(&connection, path)?,
    }
    // FULL: what was answered survives a power cut, not only the end of the process.
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             UPDATE closed SET is_closed = 0;
             UPDATE runs SET state = 'waiting', started_ms = NULL WHERE state = 'running';",
        )
        .map_err(sql)?;
    Ok(connection)
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
}

fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "BEGIN; {SCHEMA}; PRAGMA application_id = {APPLICATION_ID};
         PRAGMA user_version = {VERSION}; COMMIT;"
    ))
}

/// A file that the last process did not close is looked at more closely.
fn whole(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let sql = |error: rusqlite::Error| unusable(path, &error);
    let closed: i64 =
        connection.query_row("SELECT is_closed FROM closed", [], |row| row.get(0)).map_err(sql)?;
    if closed == 1 {
        return Ok(());
    }
    let said: String =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(sql)?;
    match said.as_str() {
        "ok" => Ok(()),
        _ => Err(OpenError::Damaged { path: path.to_path_buf(), detail: said }),
    }
}

fn unusable(path: &Path, error: &rusqlite::Error) -> OpenError {
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
