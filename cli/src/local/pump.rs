//! One consumer's loop: waiting ticks become invocations, and invocations become finished runs,
//! tries again, or dead letters.
//!
//! Behind a queue up to ten ticks travel in one event, and each is done or failed by itself; a
//! direct consumer gets one tick an event. Retries go by real time.

use super::broken::Broken;
use super::clock::wall_ms;
use super::consumers::events::{self, QueueMessage, TopicMessage};
use super::consumers::{Consumer, Invocation, InvokeError};
use super::firing::AFTER_A_FAILURE;
use super::log::Log;
use scheduler_plan::app::Buffer;
use scheduler_runtime::local::{Delivery, Outcome, Settled, Store};
use scheduler_runtime::ports::Failure;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};
use tokio::sync::{Semaphore, mpsc, watch};

/// Ticks in one event of a queue, as in the templates' `BatchSize`.
const BATCH: usize = 10;
/// Results that are stored in one transaction.
const SETTLED_AT_ONCE: usize = 1000;

/// Results of the last runs get this long to be stored when the consumer is stopped.
const LAST_RESULTS: Duration = Duration::from_secs(5);

/// The longest wait is the first one times two to this: some 43 minutes after ten seconds.
const DOUBLED_MOST: u32 = 8;

/// What a pump works with.
#[derive(Debug, Clone)]
pub(super) struct Pump {
    pub(super) store: Store,
    pub(super) name: String,
    pub(super) arn: Arns,
    pub(super) buffer: Buffer,
    pub(super) consumer: Consumer,
    pub(super) concurrency: usize,
    /// How often a failed tick comes again.
    pub(super) retries: u32,
    /// How long a failed tick waits after the first failure; doubled after each further one.
    pub(super) wait: Duration,
    pub(super) log: Log,
    pub(super) broken: Broken,
}

/// What events say that they come from.
#[derive(Debug, Clone)]
pub(super) struct Arns {
    pub(super) queue: String,
    pub(super) topic: String,
    pub(super) region: String,
}

/// Runs until `stop` turns true; then hands back what has not begun, and waits for what has.
pub(super) async fn run(pump: Pump, mut stop: watch::Receiver<bool>) {
    let slots = Arc::new(Semaphore::new(pump.concurrency));
    let (settle, settled) = mpsc::unbounded_channel();
    let settling = pump.broken.guarded("a consumer's results", settle_all(pump.clone(), settled));
    let mut settling = tokio::spawn(settling);
    pump.take_back(&mut stop).await;
    let mut held = VecDeque::new();
    let mut running = tokio::task::JoinSet::new();
    loop {
        let permit = tokio::select! {
            permit = Arc::clone(&slots).acquire_owned() => permit,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let batch = tokio::select! {
            batch = pump.next_batch(&mut held) => batch,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let (pump, settle) = (pump.clone(), settle.clone());
        running.spawn(async move {
            // Held until the child is free again.
            let _permit = permit;
            for one in pump.deliver(batch).await {
                // The receiver ends after the last sender.
                let _ = settle.send(one);
            }
        });
        while running.try_join_next().is_some() {}
    }
    pump.give_back(held.iter().map(|delivery| delivery.run).collect()).await;
    while running.join_next().await.is_some() {}
    drop(settle);
    // A store that takes nothing, such as one on a full disk, does not keep the server from ending.
    if tokio::time::timeout(LAST_RESULTS, &mut settling).await.is_err() {
        settling.abort();
        pump.log.trouble(&format!(
            "{}: the last results could not be stored; those ticks are delivered again",
            pump.name
        ));
    }
}

async fn settle_all(pump: Pump, mut results: mpsc::UnboundedReceiver<Settlement>) {
    let mut batch = Vec::new();
    while results.recv_many(&mut batch, SETTLED_AT_ONCE).await > 0 {
        let (mut settled, mut back) = (Vec::new(), Vec::new());
        for one in batch.drain(..) {
            match one {
                Settlement::Ended(one) => settled.push(one),
                Settlement::HandedBack(run) => back.push(run),
            }
        }
        pump.give_back(back).await;
        // A result is only lost with the server: a run without one is delivered again.
        while let Err(failure) = pump.store.settle(settled.clone()).await {
            pump.log.trouble(&format!("{}: results wait: {}", pump.name, failure.sentence()));
            tokio::time::sleep(AFTER_A_FAILURE).await;
        }
    }
}

enum Settlement {
    Ended(Settled),
    HandedBack(i64),
}

impl Pump {
    /// What an earlier loop of this consumer left under way waits again.
    async fn take_back(&self, stop: &mut watch::Receiver<bool>) {
        while let Err(failure) = self.store.release_all(&self.name).await {
            self.log.trouble(&format!("{}: ticks wait: {}", self.name, failure.sentence()));
            tokio::select! {
                () = tokio::time::sleep(AFTER_A_FAILURE) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    async fn give_back(&self, runs: Vec<i64>) {
        if runs.is_empty() {
            return;
        }
        if let Err(failure) = self.store.release(&runs).await {
            // They come back when the consumer is next started.
            self.log.trouble(&format!("{}: {}", self.name, failure.sentence()));
        }
    }

    fn batch(&self) -> usize {
        match self.buffer {
            Buffer::Queue => BATCH,
            Buffer::None => 1,
        }
    }

    /// The next ticks, as soon as there are any.
    async fn next_batch(&self, held: &mut VecDeque<Delivery>) -> Vec<Delivery> {
        while held.is_empty() {
            if let Err(failure) = self.refill(held).await {
                self.log.trouble(&format!("{}: ticks wait: {}", self.name, failure.sentence()));
                tokio::time::sleep(AFTER_A_FAILURE).await;
            }
        }
        let count = held.len().min(self.batch());
        held.drain(..count).collect()
    }

    async fn refill(&self, held: &mut VecDeque<Delivery>) -> Result<(), Failure> {
        let arrived = self.store.runs_arrived();
        // More than one event's worth: a fast consumer must not wait for the disk each time.
        let most = self.batch() * self.concurrency * 4;
        held.extend(self.store.take(&self.name, most, wall_ms()).await?);
        if !held.is_empty() {
            return Ok(());
        }
        let again = self.store.next_visible(&self.name).await?;
        let wait = again.map_or(u64::MAX, |at| u64::try_from(at - wall_ms()).unwrap_or(0));
        tokio::select! {
            () = arrived => {}
            () = tokio::time::sleep(Duration::from_millis(wait.min(60_000))) => {}
        }
        Ok(())
    }

    async fn deliver(&self, batch: Vec<Delivery>) -> Vec<Settlement> {
        self.store.begin(&batch.iter().map(|one| one.run).collect::<Vec<_>>(), wall_ms());
        let invocation = self.consumer.invoke(self.event(&batch)).await;
        if matches!(invocation.outcome, Err(InvokeError::Stopped)) {
            return batch.iter().map(|delivery| Settlement::HandedBack(delivery.run)).collect();
        }
        for line in trace(&invocation) {
            self.log.line(&format!("{} | {line}", self.name));
        }
        let failed = self.failed(&invocation, &batch);
        batch.iter().map(|delivery| self.ended(delivery, &invocation, &failed)).collect()
    }

    fn event(&self, batch: &[Delivery]) -> Vec<u8> {
        match (self.buffer, batch) {
            (Buffer::None, [only]) => events::topic_event(&TopicMessage {
                message_id: only.message_id.clone(),
                message: only.body.clone(),
                topic_arn: self.arn.topic.clone(),
                timestamp_ms: only.sent_ms,
            }),
            _ => {
                let messages: Vec<_> = batch.iter().map(|one| self.message(one)).collect();
                events::queue_event(&messages)
            }
        }
    }

    fn message(&self, delivery: &Delivery) -> QueueMessage {
        QueueMessage {
            message_id: delivery.message_id.clone(),
            body: delivery.body.clone(),
            receive_count: delivery.attempt,
            sent_ms: delivery.sent_ms,
            queue_arn: self.arn.queue.clone(),
            region: self.arn.region.clone(),
        }
    }

    /// Why which messages failed.
    fn failed(&self, invocation: &Invocation, batch: &[Delivery]) -> Failed {
        let answer = match &invocation.outcome {
            Err(error) => return Failed::All(error.to_string()),
            Ok(answer) => answer,
        };
        if self.buffer == Buffer::None {
            return Failed::These(BTreeSet::new());
        }
        let ids: Vec<String> = batch.iter().map(|one| one.message_id.clone()).collect();
        match events::batch_failures(answer, &ids) {
            Ok(failed) => Failed::These(failed.into_iter().collect()),
            Err(garbage) => Failed::All(garbage.to_string()),
        }
    }

    fn ended(&self, delivery: &Delivery, invocation: &Invocation, failed: &Failed) -> Settlement {
        let started = invocation.started.duration_since(UNIX_EPOCH).unwrap_or_default();
        let started_ms = i64::try_from(started.as_millis()).unwrap_or(i64::MAX);
        let duration = i64::try_from(invocation.duration.as_millis()).unwrap_or(i64::MAX);
        let error = failed.reason(&delivery.message_id);
        let mut output = vec![invocation.output.clone()];
        let outcome = match &error {
            None => Outcome::Succeeded,
            Some(error) => {
                output.extend(trace(invocation).iter().cloned());
                output.push(format!("attempt {} failed: {error}", delivery.attempt));
                self.failure(delivery, error)
            }
        };
        output.retain(|line| !line.is_empty());
        Settlement::Ended(Settled {
            run: delivery.run,
            outcome,
            started_ms,
            ended_ms: started_ms.saturating_add(duration),
            error,
            output: output.join("\n"),
        })
    }

    /// What becomes of a tick that failed; said where the server's lines go.
    fn failure(&self, delivery: &Delivery, error: &str) -> Outcome {
        let Delivery { run, job_id, attempt, .. } = delivery;
        let of = self.retries.saturating_add(1);
        let (outcome, then) = match self.again_after(*attempt) {
            None => (Outcome::Dead, "`scheduler jobs dead` keeps it".to_owned()),
            Some(wait) => {
                let wait_ms = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
                let visible_at_ms = wall_ms().saturating_add(wait_ms);
                (Outcome::Retry { visible_at_ms }, format!("again in {} s", wait.as_secs()))
            }
        };
        let first = error.lines().next().unwrap_or_default();
        self.log.line(&format!(
            "{}: run {run} of job {job_id} failed (attempt {attempt} of {of}, {then}): {first}",
            self.name
        ));
        outcome
    }

    /// How long a tick waits that failed at this attempt; `None`: it is not tried again.
    fn again_after(&self, attempt: u32) -> Option<Duration> {
        let doubled = attempt.saturating_sub(1).min(DOUBLED_MOST);
        (attempt <= self.retries).then(|| self.wait * 2_u32.saturating_pow(doubled))
    }
}

/// Where a failure came from, a line each: on AWS it stands in the log.
fn trace(invocation: &Invocation) -> Vec<String> {
    let frames = invocation.outcome.as_ref().err().map(InvokeError::trace).unwrap_or_default();
    frames.iter().flat_map(|frame| frame.lines().map(str::to_owned)).collect()
}

enum Failed {
    All(String),
    These(BTreeSet<String>),
}

impl Failed {
    fn reason(&self, message_id: &str) -> Option<String> {
        match self {
            Self::All(reason) => Some(reason.clone()),
            Self::These(ids) if ids.contains(message_id) => {
                Some("the consumer reported this tick as failed".to_owned())
            }
            Self::These(_) => None,
        }
    }
}
