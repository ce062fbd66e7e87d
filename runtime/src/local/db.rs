//! One thread that writes, one that reads, and one for reads that take long, each with a connection
//! of its own: a list of 100,000 jobs delays no write and no due job.
//!
//! Writes that wait at the same time become one transaction: one sync to disk for all of them, and
//! only then an answer for each. A write that fails undoes itself alone; a commit that fails, fails
//! them all, and nothing of them is kept.

use crate::ports::Failure;
use rusqlite::{Connection, ErrorCode, Result as Sql};
use std::fmt;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use tokio::sync::{Notify, mpsc, oneshot, watch};

/// Writes of one transaction, at most.
const AT_ONCE: usize = 1024;

/// What is done once the transaction has ended.
type Answer = Box<dyn FnOnce(Result<(), &str>) + Send>;
/// One write or read; it gets no connection where there is no transaction.
type Work = Box<dyn FnOnce(Result<&Connection, &str>) -> Done + Send>;

/// One write or read that has had its turn.
struct Done {
    answer: Answer,
    /// Why it failed, if it did.
    trouble: Option<String>,
}

/// What a thread is sent.
enum Order {
    Do(Work),
    /// After what was sent before.
    End,
}

/// The threads.
#[derive(Clone)]
pub(super) struct Db {
    writer: mpsc::UnboundedSender<Order>,
    reader: mpsc::UnboundedSender<Order>,
    scanner: mpsc::UnboundedSender<Order>,
    /// Why the file cannot be relied on any more.
    damage: Arc<watch::Sender<Option<String>>>,
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Db")
    }
}

/// The thread that ends last, to wait for its end: at [`Db::end`], or when the last [`Db`] is gone.
pub(super) type Last = JoinHandle<()>;

/// Which loop a write wakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wakes {
    Nobody,
    Changes,
    Schedules,
    Runs,
}

/// Who waits for what.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    pub(super) changes: Notify,
    pub(super) schedules: Notify,
    pub(super) runs: Notify,
}

impl Alarm {
    fn ring(&self, wakes: Wakes) {
        match wakes {
            Wakes::Nobody => {}
            Wakes::Changes => self.changes.notify_waiters(),
            Wakes::Schedules => self.schedules.notify_waiters(),
            Wakes::Runs => self.runs.notify_waiters(),
        }
    }
}

/// What a write is called, and whom it wakes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    /// Completes "cannot ...".
    pub(super) action: &'static str,
    pub(super) wakes: Wakes,
}

/// What the threads work with.
pub(super) struct Connections {
    pub(super) writing: Connection,
    pub(super) reading: Connection,
    pub(super) scanning: Connection,
    /// Kept until the last write is done.
    pub(super) lock: File,
}

impl Db {
    /// Starts the threads.
    pub(super) fn start(connections: Connections) -> io::Result<(Self, Last)> {
        let Connections { writing, reading, scanning, lock } = connections;
        let (writer, writes) = mpsc::unbounded_channel();
        let (reader, reads) = mpsc::unbounded_channel();
        let (scanner, scans) = mpsc::unbounded_channel();
        let name = |name: &str| thread::Builder::new().name(name.to_owned());
        let readers = [
            name("store-reader").spawn(move || read_all(&reading, reads))?,
            name("store-scanner").spawn(move || read_all(&scanning, scans))?,
        ];
        let last = name("store-writer").spawn(move || {
            write_all(&writing, writes);
            for reader in readers {
                // One that panicked has nothing more to finish.
                let _ = reader.join();
            }
            // The last connection to go moves the log into the file; and only then may somebody
            // else take the folder.
            drop(writing);
            drop(lock);
        })?;
        let damage = Arc::new(watch::Sender::new(None));
        Ok((Self { writer, reader, scanner, damage }, last))
    }

    /// Ends with why the file cannot be relied on any more.
    pub(super) async fn damaged(&self) -> String {
        let mut damage = self.damage.subscribe();
        // The sender is our own: it cannot be gone.
        let found = damage.wait_for(Option::is_some).await;
        found.ok().and_then(|found| found.clone()).unwrap_or_default()
    }

    /// Ends the threads after what was asked before.
    pub(super) fn end(&self) {
        for thread in [&self.writer, &self.reader, &self.scanner] {
            // One that has ended already is no trouble.
            let _ = thread.send(Order::End);
        }
    }

    /// Writes, and answers once it is on disk. It is written even where nobody waits any more, so
    /// the waking happens there too.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        named: Named,
        alarm: &Arc<Alarm>,
        op: impl FnOnce(&Connection) -> Sql<T> + Send + 'static,
    ) -> Result<T, Failure> {
        if let Some(why) = &*self.damage.borrow() {
            return Err(Failure::new(named.action, why.clone()));
        }
        let alarm = Arc::clone(alarm);
        let op = move |connection: &Connection| undone_alone(connection, op);
        self.run(&self.writer, named.action, op, move || alarm.ring(named.wakes)).await
    }

    /// Reads what is committed.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        action: &'static str,
        op: impl FnOnce(&Connection) -> Sql<T> + Send + 'static,
    ) -> Result<T, Failure> {
        self.run(&self.reader, action, op, || {}).await
    }

    /// Reads what is committed, all of it as of one moment, however long it takes.
    pub(super) async fn scan<T: Send + 'static>(
        &self,
        action: &'static str,
        op: impl FnOnce(&Connection) -> Sql<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let op = |connection: &Connection| {
            let moment = connection.unchecked_transaction()?;
            op(&moment)
        };
        self.run(&self.scanner, action, op, || {}).await
    }

    async fn run<T: Send + 'static>(
        &self,
        thread: &mpsc::UnboundedSender<Order>,
        action: &'static str,
        op: impl FnOnce(&Connection) -> Sql<T> + Send + 'static,
        after: impl FnOnce() + Send + 'static,
    ) -> Result<T, Failure> {
        let (tell, told) = oneshot::channel();
        let damage = Arc::clone(&self.damage);
        let work: Work = Box::new(move |connection| {
            let result = match connection {
                Ok(connection) => op(connection).map_err(|error| {
                    let why = sentence(&error);
                    if is_damage(&error) {
                        damage.send_replace(Some(why.clone()));
                    }
                    why
                }),
                Err(why) => Err(why.to_owned()),
            };
            let trouble = result.as_ref().err().cloned();
            let answer: Answer = Box::new(move |committed| {
                let result = result.and_then(|value| match committed {
                    Ok(()) => Ok(value),
                    Err(why) => Err(why.to_owned()),
                });
                if result.is_ok() {
                    after();
                }
                // Whoever asked may have gone.
                let _ = tell.send(result);
            });
            Done { answer, trouble }
        });
        let ended = || Failure::new(action, "the store is closed");
        thread.send(Order::Do(work)).map_err(|_| ended())?;
        let result = told.await.map_err(|_| ended())?;
        result.map_err(|why| Failure::new(action, why))
    }
}

/// So that a write that fails half way takes nothing of its neighbours with it.
fn undone_alone<T>(connection: &Connection, op: impl FnOnce(&Connection) -> Sql<T>) -> Sql<T> {
    connection.prepare_cached("SAVEPOINT one")?.execute([])?;
    let result = op(connection);
    if result.is_err() && !connection.is_autocommit() {
        connection.prepare_cached("ROLLBACK TO one")?.execute([])?;
    }
    if !connection.is_autocommit() {
        connection.prepare_cached("RELEASE one")?.execute([])?;
    }
    result
}

fn write_all(connection: &Connection, mut orders: mpsc::UnboundedReceiver<Order>) {
    while let Some(Order::Do(first)) = orders.blocking_recv() {
        let begun = connection.execute_batch("BEGIN IMMEDIATE").map_err(|e| sentence(&e));
        let transaction = match begun {
            Ok(()) => transaction(connection, first, &mut orders),
            Err(why) => {
                let answers = vec![first(Err(&why)).answer];
                Transaction { answers, ended: Err(why), is_last: false }
            }
        };
        let Transaction { answers, ended, is_last } = transaction;
        for answer in answers {
            answer(ended.as_ref().copied().map_err(String::as_str));
        }
        if is_last {
            return;
        }
    }
}

struct Transaction {
    answers: Vec<Answer>,
    ended: Result<(), String>,
    is_last: bool,
}

/// Everything that waits, up to a bound, and the commit.
fn transaction(
    connection: &Connection,
    first: Work,
    orders: &mut mpsc::UnboundedReceiver<Order>,
) -> Transaction {
    let mut done = first(Ok(connection));
    let mut answers = Vec::new();
    loop {
        answers.push(done.answer);
        if connection.is_autocommit() {
            // A full disk ends the transaction by itself: then nothing of it is there.
            let why = done.trouble.unwrap_or_else(|| "the transaction was undone".to_owned());
            return Transaction { answers, ended: Err(why), is_last: false };
        }
        if answers.len() == AT_ONCE {
            return Transaction { answers, ended: commit(connection), is_last: false };
        }
        match orders.try_recv() {
            Ok(Order::Do(work)) => done = work(Ok(connection)),
            end => {
                let is_last = matches!(end, Ok(Order::End));
                return Transaction { answers, ended: commit(connection), is_last };
            }
        }
    }
}

fn commit(connection: &Connection) -> Result<(), String> {
    let ended = connection.execute_batch("COMMIT").map_err(|error| sentence(&error));
    if ended.is_err() && !connection.is_autocommit() {
        // Where this fails too, the next BEGIN says so.
        let _ = connection.execute_batch("ROLLBACK");
    }
    ended
}

fn read_all(connection: &Connection, mut orders: mpsc::UnboundedReceiver<Order>) {
    while let Some(Order::Do(work)) = orders.blocking_recv() {
        (work(Ok(connection)).answer)(Ok(()));
    }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// What went wrong, and what to do about it where that is known.
fn sentence(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the disk is full; free some space".to_owned(),
        Some(ErrorCode::ReadOnly) => "the data folder cannot be written to".to_owned(),
        Some(ErrorCode::SystemIoFailure) => {
            format!("the disk fails ({error}); see whether it is full, gone or broken")
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            format!("the database is damaged ({error}); stop, and restore it from a backup")
        }
        _ => error.to_string(),
    }
}
