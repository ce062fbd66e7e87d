//! Change events on their way to the controller, and those that can never be applied.

use super::db::Wakes;
use super::store::Store;
use crate::controller::Message;
use crate::ports::{DeadLetter, DeadLetters, Failure};
use rusqlite::{Connection, Result as Sql, params};

/// A change that nobody has applied yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingChange {
    /// Its place in the order.
    pub seq: i64,
    /// What the controller takes.
    pub message: Message,
}

/// What the table's stream would send, behind all that waits.
pub(super) fn enqueue(db: &Connection, group: &str, body: &str) -> Sql<()> {
    let sql = "INSERT INTO changes (message_group, body) VALUES (?1, ?2)";
    db.prepare_cached(sql)?.execute(params![group, body]).map(drop)
}

impl Store {
    /// The oldest changes, in their order.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub async fn changes(&self, limit: usize) -> Result<Vec<PendingChange>, Failure> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.db
            .read("read changes", move |db| {
                let sql = "SELECT seq, message_group, body FROM changes ORDER BY seq LIMIT ?1";
                let mut query = db.prepare_cached(sql)?;
                let rows = query.query_map([limit], |row| {
                    let seq: i64 = row.get(0)?;
                    let message = Message::new(seq.to_string(), row.get(1)?, row.get(2)?);
                    Ok(PendingChange { seq, message })
                })?;
                rows.collect()
            })
            .await
    }

    /// Drops changes that were applied or put aside.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub async fn forget_changes(&self, seqs: &[i64]) -> Result<(), Failure> {
        let seqs = seqs.to_vec();
        self.write(("drop changes that were applied", Wakes::Nobody), move |db| {
            let mut delete = db.prepare_cached("DELETE FROM changes WHERE seq = ?1")?;
            seqs.iter().try_for_each(|seq| delete.execute([seq]).map(drop))
        })
        .await
    }

    /// What could never be applied, and why, the oldest first.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, Failure> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.db
            .scan("read dead letters", move |db| {
                let sql = "SELECT reason, body, message_group, message_id FROM dead_letters
                           ORDER BY CAST(message_id AS INTEGER) LIMIT ?1";
                let mut query = db.prepare_cached(sql)?;
                let rows = query.query_map([limit], |row| {
                    Ok(DeadLetter {
                        reason: row.get(0)?,
                        body: row.get(1)?,
                        group: row.get(2)?,
                        message_id: row.get(3)?,
                    })
                })?;
                rows.collect()
            })
            .await
    }
}

impl DeadLetters for Store {
    async fn bury(&self, letter: &DeadLetter) -> Result<(), Failure> {
        let letter = letter.clone();
        self.write(("put a change aside", Wakes::Nobody), move |db| {
            let sql = "INSERT OR IGNORE INTO dead_letters
                       (message_id, message_group, body, reason) VALUES (?1, ?2, ?3, ?4)";
            let DeadLetter { reason, body, group, message_id } = letter;
            db.prepare_cached(sql)?.execute(params![message_id, group, body, reason]).map(drop)
        })
        .await
    }
}
