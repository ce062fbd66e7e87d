//! Forwarding a batch: in order, ten at a time, up to the first that has to be tried again.
//!
//! What can never be forwarded does not hold up the rest: a stream that stands still for one record
//! would lose its neighbours with it once Lambda gives up.

use super::event::{self, StreamEvent, Told};
use crate::ports::{ChangeQueue, Failure, Outlook, QueuedChange, Refusal};

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
    bare: String,
}

/// Forwards every job's change. Stops at the first that may be accepted later: what was sent before
/// is not sent again, what comes after arrives again in order.
pub async fn forward(queue: &impl ChangeQueue, event: StreamEvent) -> Forwarded {
    let mut forwarded = Forwarded::default();
    let pending = readable(event, &mut forwarded.problems);
    let mut rest = pending.as_slice();
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(chunk_length(rest));
        if let Some(position) = send(queue, chunk, &mut forwarded.problems).await {
            let first = chunk.get(position).or(chunk.first());
            forwarded.failed_at = first.map(|pending| pending.sequence_number.clone());
            return forwarded;
        }
        rest = after;
    }
    forwarded
}

/// The changes of a batch. A record whose keys cannot be read names no job: it is logged and left
/// out.
fn readable(event: StreamEvent, problems: &mut Vec<String>) -> Vec<Pending> {
    let mut pending = Vec::new();
    for record in event.records {
        let sequence_number = event::sequence_number(&record).unwrap_or_default().to_owned();
        let mut note = |what: &str, error| {
            let action = format!("{what} of record `{sequence_number}`");
            problems.push(Failure::new(action, error).sentence());
        };
        match event::told(record) {
            Ok(None) => {}
            Ok(Some(Told { change, bare, unread })) => {
                if let Some(error) = unread {
                    note("read more than the keys", error);
                }
                pending.push(Pending { sequence_number, change, bare });
            }
            Err(error) => note("make out the job", error),
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

/// The first position that has to be tried again.
async fn send(
    queue: &impl ChangeQueue,
    chunk: &[Pending],
    problems: &mut Vec<String>,
) -> Option<usize> {
    let changes: Vec<_> = chunk.iter().map(|pending| pending.change.clone()).collect();
    let refusals = match queue.send(&changes).await {
        Ok(refusals) => refusals,
        Err(failure) => {
            problems.push(failure.sentence());
            return Some(0);
        }
    };
    let mut again = Vec::new();
    for refusal in refusals {
        let position = refusal.position;
        let refused = chunk.get(position);
        let refusal = match (refusal.outlook, refused) {
            (Outlook::ForGood, Some(pending)) => send_bare(queue, pending, refusal, problems).await,
            _ => Some(refusal),
        };
        if let Some(refusal) = refusal {
            problems.push(format!("the queue did not accept a change: {}", refusal.reason));
            again.push(position);
        }
    }
    again.into_iter().min()
}

/// Sends the keys in the place of what the queue never takes. Where it does not take these either,
/// the reconciler is left to find the difference.
async fn send_bare(
    queue: &impl ChangeQueue,
    pending: &Pending,
    refusal: Refusal,
    problems: &mut Vec<String>,
) -> Option<Refusal> {
    let group = &pending.change.group;
    let bare = QueuedChange { body: pending.bare.clone(), ..pending.change.clone() };
    let refusals = match queue.send(&[bare]).await {
        Ok(refusals) => refusals,
        Err(failure) => {
            problems.push(failure.sentence());
            return Some(refusal);
        }
    };
    match refusals.into_iter().next() {
        Some(again) if again.outlook == Outlook::TryAgain => return Some(again),
        Some(never) => problems.push(format!(
            "a change of `{group}` is left to the reconciler, for the queue never takes it: {}",
            never.reason
        )),
        None => problems.push(format!(
            "a change of `{group}` was sent as its keys, for the queue never takes the job: {}",
            refusal.reason
        )),
    }
    None
}
