//! One thread that writes and one that reads, each with a connection of its own.
//!
//! Writes that wait at the same time become one transaction: one sync to disk for all of them, and
//! only then an answer for each. A write that fails undoes itself alone; a commit that fails, fails
//! them all, and nothing of them is kept.

use crate::ports::Failure;
use rusqlite::{Connection, ErrorCode, Result as Sql};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use tokio::sync::{Notify, mpsc, oneshot};

/// Writes of one transaction, at most.
const AT_ONCE: usize = 1024;

/// What is done once the transaction has ended.
type Answer = Box<dyn FnOnce(Result<(), &str>) + Send>;
/// One write or read; it gets no connection where there is no transaction.
type Work = Box<dyn FnOnce(Result<&Connection, &str>) -> Answer + Send>;

/// What a thread is sent.
enum Order {
    Do(Work),
    /// After what was sent before.
    End,
}

/// The two threads.
#[derive(Clone)]
pub(super) struct Db {
    writer: mpsc::UnboundedSender<Order>,
    reader: mpsc::UnboundedSender<Order>,
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Db")
    }
}

/// The threads, to wait for their end.
#[derive(Debug)]
pub(super) struct Threads(Vec<JoinHandle<()>>);

impl Threads {
    /// They end at [`Db::end`], or when the last [`Db`] is gone.
    pub(super) fn join(self) {
        for thread in self.0 {
            // One that panicked has nothing more to finish.
            let _ = thread.join();
        }
    }
}

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

impl Db {
    /// Starts both threads.
    pub(super) fn start(writing: Connection, reading: Connection) -> io::Result<(Self, Threads)> {
        let (writer, writes) = mpsc::unbounded_channel();
        let (reader, reads) = mpsc::unbounded_channel();
        let name = |name: &str| thread::Builder::new().name(name.to_owned());
        let threads = vec![
            name("store-writer").spawn(move || write_all(&writing, writes))?,
            name("store-reader").spawn(move || read_all(&reading, reads))?,
        ];
        Ok((Self { writer, reader }, Threads(threads)))
    }

    /// Ends both threads after what was asked before.
    pub(super) fn end(&self) {
        for thread in [&self.writer, &self.reader] {
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
        let alarm = Arc::clone(alarm);
        let op = move |connection: &Connection| undone_alone(connection, op);
        run(&self.writer, named.action, op, move || alarm.ring(named.wakes)).await
    }

    /// Reads what is committed.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        action: &'static str,
        op: impl FnOnce(&Connection) -> Sql<T> + Send + 'static,
    ) -> Result<T, Failure> {
        run(&self.reader, action, op, || {}).await
    }
}

async fn run<T: Send + 'static>(
    thread: &mpsc::UnboundedSender<Order>,
    action: &'static str,
    op: impl FnOnce(&Connection) -> Sql<T> + Send + 'static,
    after: impl FnOnce() + Send + 'static,
) -> Result<T, Failure> {
    let (tell, told) = oneshot::channel();
    let work: Work = Box::new(move |connection| {
        let result = match connection {
            Ok(connection) => op(connection).map_err(|error| sentence(&error)),
            Err(why) => Err(why.to_owned()),
        };
        Box::new(move |committed| {
            let result = result.and_then(|value| match committed {
                Ok(()) => Ok(value),
                Err(why) => Err(why.to_owned()),
            });
            if result.is_ok() {
                after();
            }
            // Whoever asked may have gone.
            let _ = tell.send(result);
        })
    });
    let ended = || Failure::new(action, "the store is closed");
    thread.send(Order::Do(work)).map_err(|_| ended())?;
    let result = told.await.map_err(|_| ended())?;
    result.map_err(|why| Failure::new(action, why))
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
        let done = match begun {
            Ok(()) => transaction(connection, first, &mut orders),
            Err(why) => {
                Transaction { answers: vec![first(Err(&why))], ended: Err(why), is_last: false }
            }
        };
        for answer in done.answers {
            answer(done.ended.as_ref().map(|()| ()).map_err(String::as_str));
        }
        if done.is_last {
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
    let mut answers = vec![first(Ok(connection))];
    let mut is_last = false;
    // A full disk ends the transaction by itself: then nothing of it is there.
    while answers.len() < AT_ONCE && !connection.is_autocommit() && !is_last {
        match orders.try_recv() {
            Ok(Order::Do(work)) => answers.push(work(Ok(connection))),
            Ok(Order::End) => is_last = true,
            Err(_) => break,
        }
    }
    Transaction { answers, ended: commit(connection), is_last }
}

fn commit(connection: &Connection) -> Result<(), String> {
    if connection.is_autocommit() {
        return Err("the transaction was undone, as on a full disk".to_owned());
    }
    let ended = connection.execute_batch("COMMIT").map_err(|error| sentence(&error));
    if ended.is_err() && !connection.is_autocommit() {
        // Where this fails too, the next BEGIN says so.
        let _ = connection.execute_batch("ROLLBACK");
    }
    ended
}

fn read_all(connection: &Connection, mut orders: mpsc::UnboundedReceiver<Order>) {
    while let Some(Order::Do(work)) = orders.blocking_recv() {
        work(Ok(connection))(Ok(()));
    }
}

/// What went wrong, and what to do about it where that is known.
fn sentence(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the disk is full; free some space".to_owned(),
        Some(ErrorCode::ReadOnly) => "the data folder cannot be written to".to_owned(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            format!("the database is damaged ({error}); stop, and restore it from a backup")
        }
        _ => error.to_string(),
    }
}
