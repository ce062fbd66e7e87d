//! The data folder: whose it is, who may look into it, and what a damaged file gets.

use super::{job, refused, store, subscribed};
use crate::local::open::{VERSION, migrate};
use crate::local::{OpenError, Store};
use crate::ports::JobStore;
use rusqlite::Connection;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn what_it_makes_is_its_owners_alone_and_what_was_there_stays_as_it_was() {
    let above = tempfile::tempdir().unwrap();
    fs::set_permissions(above.path(), Permissions::from_mode(0o755)).unwrap();
    let made = above.path().join("not/there/yet");
    for (folder, wanted) in [(made.as_path(), 0o700), (above.path(), 0o755)] {
        let store = Store::open(folder).unwrap();
        store.insert(&job("u", 0)).await.unwrap();
        assert_eq!(mode(folder), wanted, "{}", folder.display());
        let files = ["lock", "jobs.sqlite", "jobs.sqlite-wal"];
        for file in files {
            assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
        }
        store.close().await;
    }
}

#[tokio::test]
async fn a_store_that_is_let_go_gives_the_folder_free_after_its_last_write() {
    let (folder, store) = store();
    let writes: Vec<_> = (0..50)
        .map(|id| {
            let store = store.clone();
            tokio::spawn(async move { store.insert(&job("u", id)).await.unwrap() })
        })
        .collect();
    tokio::task::yield_now().await;
    store.close().await;
    let mut acknowledged = 0;
    for write in writes {
        acknowledged += usize::from(write.await.is_ok());
    }
    let store = subscribed(folder.path());
    assert_eq!(store.list("u").await.unwrap().len(), acknowledged);
    assert_eq!(acknowledged, 50);
}

#[tokio::test]
async fn a_closed_store_is_one_file() {
    for _ in 0..20 {
        let (folder, store) = store();
        let (jobs, next) = tokio::join!(store.list("u"), store.next_due());
        assert_eq!((jobs.unwrap().len(), next.unwrap()), (0, None));
        store.insert(&job("u", 0)).await.unwrap();
        store.close().await;
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort_unstable();
        assert_eq!(left, ["jobs.sqlite", "lock"]);
    }
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let (_folder, store) = store();
    let clone = store.clone();
    store.close().await;
    let failure = clone.insert(&job("u", 0)).await.unwrap_err();
    assert_eq!(failure.sentence(), "cannot store a new job: the store is closed");
    let failure = clone.list("u").await.unwrap_err();
    assert_eq!(failure.sentence(), "cannot list jobs: the store is closed");
    clone.close().await;
}

#[tokio::test]
async fn a_truncated_file_is_damaged_and_stays_as_it_is() {
    let (folder, store) = store();
    for id in 0..300 {
        store.insert(&job("u", id)).await.unwrap();
    }
    store.close().await;
    let file = folder.path().join("jobs.sqlite");
    let whole = fs::read(&file).unwrap();
    for length in
        [10, 99, 100, 512, 4095, 4096, whole.len() / 2, whole.len() - 4096, whole.len() - 1]
    {
        fs::write(&file, &whole[..length]).unwrap();
        let sentence = refused(folder.path());
        assert!(sentence.contains("jobs.sqlite` is damaged: "), "{length}: {sentence}");
        assert!(sentence.contains("nothing was written to it"), "{length}: {sentence}");
        assert_eq!(fs::read(&file).unwrap(), whole[..length], "{length}");
    }
    fs::write(&file, &whole).unwrap();
    assert_eq!(subscribed(folder.path()).list("u").await.unwrap().len(), 300);
}

/// Damage that shows while the file is in use.
#[tokio::test]
async fn nothing_is_written_any_more_once_the_file_is_found_damaged() {
    let (folder, store) = store();
    for id in 0..2000 {
        store.insert(&job("u", id)).await.unwrap();
    }
    store.close().await;
    let store = subscribed(folder.path());
    let file = folder.path().join("jobs.sqlite");
    let mut damaged = fs::read(&file).unwrap();
    damaged[4096..].fill(0x5a);
    fs::write(&file, &damaged).unwrap();
    let failure = store.list("u").await.unwrap_err();
    assert!(failure.sentence().contains("the database is damaged"), "{}", failure.sentence());
    assert!(store.damaged().await.contains("restore it from a backup"));
    // A write that would touch no damaged page is refused as well.
    let failure = store.start_ids("v", 0).await.unwrap_err();
    assert!(failure.sentence().contains("the database is damaged"), "{}", failure.sentence());
}

#[tokio::test]
async fn a_damaged_file_and_its_log_stay_as_they_are() {
    let (folder, store) = store();
    for id in 0..500 {
        store.insert(&job("u", id)).await.unwrap();
    }
    // As the end of a process would leave them.
    let left = tempfile::tempdir().unwrap();
    let [file, log] = ["jobs.sqlite", "jobs.sqlite-wal"].map(|name| left.path().join(name));
    for copy in [&file, &log] {
        fs::copy(folder.path().join(copy.file_name().unwrap()), copy).unwrap();
    }
    store.close().await;
    let mut damaged = fs::read(&file).unwrap();
    let middle = damaged.len() / 8192 * 4096;
    damaged[middle..middle + 4096].fill(0x5a);
    fs::write(&file, &damaged).unwrap();
    let logged = fs::read(&log).unwrap();
    assert!(!logged.is_empty());
    assert!(refused(left.path()).contains("is damaged"));
    assert!(fs::read(&file).unwrap() == damaged && fs::read(&log).unwrap() == logged);
}

#[tokio::test]
async fn a_place_that_cannot_be_used_is_named() {
    let above = tempfile::tempdir().unwrap();
    let file = above.path().join("file");
    fs::write(&file, "").unwrap();
    let folder = above.path().join("folder");
    fs::create_dir_all(folder.join("jobs.sqlite")).unwrap();
    for (place, named) in
        [(file.clone(), "file"), (file.join("below"), "file"), (folder, "jobs.sqlite")]
    {
        let error = Store::open(&place).unwrap_err();
        assert!(matches!(error, OpenError::Io { .. }), "{error:?}");
        assert!(error.to_string().starts_with("cannot use `"), "{error}");
        assert!(error.to_string().contains(named), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("writable")), "{error}");
    }
}

#[test]
fn an_older_file_is_brought_up_to_date_or_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let db = Connection::open(folder.path().join("file")).unwrap();
    let version = || db.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).unwrap();
    let first = "CREATE TABLE a (b); INSERT INTO a VALUES (1);";
    migrate(&db, 0, &[first]).unwrap();
    assert_eq!(version(), 1);
    migrate(&db, 1, &[first, "ALTER TABLE a ADD c; UPDATE a SET c = 2;", "no SQL"]).unwrap_err();
    assert_eq!(version(), 1);
    assert!(db.prepare("SELECT c FROM a").is_err());
    migrate(
        &db,
        1,
        &[first, "ALTER TABLE a ADD c; UPDATE a SET c = b;", "DELETE FROM a WHERE c = 2"],
    )
    .unwrap();
    assert_eq!(version(), 3);
    let kept: (i64, i64) = db.query_row("SELECT b, c FROM a", [], |row| row.try_into()).unwrap();
    assert_eq!(kept, (1, 1));
}

#[tokio::test]
async fn a_file_carries_its_version() {
    let (folder, store) = store();
    store.close().await;
    let db = Connection::open(folder.path().join("jobs.sqlite")).unwrap();
    let found: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(found, VERSION);
}
