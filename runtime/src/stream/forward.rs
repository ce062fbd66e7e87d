//! Forwarding a batch: in order, ten at a time, up to the first that fails.

use super::event::{self, StreamEvent};
use crate::ports::{ChangeQueue, Failure, QueuedChange};

/// Entries of one send (SQS, `SendMessageBatch`).
const ENTRIES_MAX: usize = 10;
/// Bytes of one send: 256 KiB, the limit of old and new queues alike.
const BYTES_MAX: usize = 256 * 1024;

/// How forwarding a batch ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Forwarded {
    /// The sequence number of the first record that was not forwarded: Lambda delivers it and all
    /// after it again.
    pub failed_at: Option<String>,
    /// What to log.
    pub problems: Vec<String>,
}

/// A change and the record that it came from.
struct Pending {
    sequence_number: String,
    change: QueuedChange,
}

/// Forwards every job's change. Stops at the first failure: what was sent before is not sent
/// again, what comes after arrives again in order.
pub async fn forward(queue: &impl ChangeQueue, event: StreamEvent) -> Forwarded {
    let mut forwarded = Forwarded::default();
    let pending = readable(event, &mut forwarded);
    let mut rest = pending.as_slice();
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(chunk_length(rest));
        if let Some((position, problem)) = send(queue, chunk).await {
            let first = chunk.get(position).or(chunk.first());
            forwarded.failed_at = first.map(|pending| pending.sequence_number.clone());
            forwarded.problems.push(problem);
            return forwarded;
        }
        rest = after;
    }
    forwarded
}

/// The changes up to the first unreadable record. A record without a sequence number cannot be
/// reported: it is logged and left out.
fn readable(event: StreamEvent, forwarded: &mut Forwarded) -> Vec<Pending> {
    let mut pending = Vec::new();
    for record in event.records {
        let sequence_number = event::sequence_number(&record).map(str::to_owned);
        match (event::queued(record), sequence_number) {
            (Ok(None), _) => {}
            (Ok(Some(change)), number) => {
                pending.push(Pending { sequence_number: number.unwrap_or_default(), change })
            }
            (Err(error), None) => forwarded
                .problems
                .push(Failure::new("read a record that has no sequence number", error).sentence()),
            (Err(error), Some(number)) => {
                let problem = Failure::new(format!("read record {number}"), error).sentence();
                forwarded.problems.push(problem);
                forwarded.failed_at = Some(number);
                break;
            }
        }
    }
    pending
}

/// How many of the first changes fit into one send; at least one.
fn chunk_length(pending: &[Pending]) -> usize {
    let mut bytes = 0;
    let fitting = pending.iter().take(ENTRIES_MAX).take_while(|pending| {
        bytes += pending.change.body.len();
        bytes <= BYTES_MAX
    });
    fitting.count().max(1)
}

/// The first position that was not accepted, and why.
async fn send(queue: &impl ChangeQueue, chunk: &[Pending]) -> Option<(usize, String)> {
    let changes: Vec<_> = chunk.iter().map(|pending| pending.change.clone()).collect();
    match queue.send(&changes).await {
        Ok(refused) => {
            let first = refused.into_iter().min()?;
            Some((first, "the queue did not accept a change".to_owned()))
        }
        Err(failure) => Some((0, failure.sentence())),
    }
}
