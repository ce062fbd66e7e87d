//! A batch: groups side by side, within a group in order up to its first failure.

use super::apply::{ApplyError, Occasion, apply};
use super::batch::{Message, groups};
use super::decide::{Deployment, Poison, ScheduleAction, decide};
use super::subject::{Subject, subject};
use crate::ports::{DeadLetter, DeadLetters, Failure, JobReader, Schedules};
use futures_util::future::{Either, join_all, select};
use scheduler_contract::KeyError;
use std::future::{Future, pending};
use std::pin::pin;

/// What the controller works with.
#[derive(Debug)]
pub struct Controller<J, S, D> {
    /// The table.
    pub jobs: J,
    /// The group's schedules.
    pub schedules: S,
    /// Where to put what can never be applied.
    pub dead_letters: D,
    /// What it knows of its deployment.
    pub deployment: Deployment,
}

/// How a batch ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Ids of the messages to deliver again: a failed one and all after it in its group.
    pub failed: Vec<String>,
    /// What to log.
    pub problems: Vec<String>,
}

/// Why a message is not done.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Failure(#[from] Failure),
    #[error(transparent)]
    Apply(#[from] ApplyError),
    #[error("the time is up")]
    Late,
}

/// Why a message never will be.
#[derive(Debug, thiserror::Error)]
pub(super) enum Hopeless {
    #[error("the message is no change event: {0}")]
    Message(#[from] serde_json::Error),
    #[error("the change event's `scheduler_id` is wrong: {0}")]
    Key(#[from] KeyError),
    #[error(transparent)]
    Job(#[from] Poison),
}

/// How a message ended that need not be delivered again.
enum Ended {
    /// Done.
    Done,
    /// Put aside for good.
    PutAside(Hopeless),
}

impl<J: JobReader, S: Schedules, D: DeadLetters> Controller<J, S, D> {
    /// Handles one message: done, put aside for good, or to be delivered again.
    async fn handle(&self, message: &Message, now: i64) -> Result<Ended, Trouble> {
        let mut occasion = Occasion { now, is_create: false };
        let action = match subject(&message.body, message.group()) {
            Ok(Subject::Job { key, is_create }) => {
                occasion.is_create = is_create;
                let item = self.jobs.read(&key).await?;
                match decide(&key, item, &self.deployment) {
                    Err(poison) if poison.is_read() => {
                        // What it did before, nobody wants any more: it may be paused, too.
                        self.schedules.delete(&key.schedule_name()).await?;
                        Err(poison.into())
                    }
                    decided => decided.map_err(Hopeless::from),
                }
            }
            Ok(Subject::Nobodys(name)) => Ok(ScheduleAction::Delete(name)),
            Err(hopeless) => Err(hopeless),
        };
        match action {
            Ok(action) => {
                apply(&self.schedules, &action, occasion).await?;
                Ok(Ended::Done)
            }
            Err(hopeless) => self.bury(message, hopeless).await,
        }
    }

    async fn bury(&self, message: &Message, why: Hopeless) -> Result<Ended, Trouble> {
        let letter = DeadLetter {
            reason: why.to_string(),
            body: message.body.clone(),
            group: message.group().to_owned(),
            message_id: message.message_id.clone(),
        };
        self.dead_letters.bury(&letter).await?;
        Ok(Ended::PutAside(why))
    }

    async fn handle_until<F: Future<Output = ()>>(
        &self,
        message: &Message,
        (now, over): (i64, &impl Fn() -> F),
    ) -> Result<Ended, Trouble> {
        match select(pin!(over()), pin!(self.handle(message, now))).await {
            Either::Left(_) => Err(Trouble::Late),
            Either::Right((handled, _)) => handled,
        }
    }

    async fn handle_group<F: Future<Output = ()>>(
        &self,
        group: Vec<Message>,
        until: (i64, &impl Fn() -> F),
    ) -> Report {
        let mut report = Report::default();
        let mut messages = group.into_iter();
        while let Some(message) = messages.next() {
            let trouble = match self.handle_until(&message, until).await {
                Ok(Ended::Done) => continue,
                Ok(Ended::PutAside(why)) => {
                    report.note(&message, "put aside", &why.to_string());
                    continue;
                }
                Err(trouble) => trouble,
            };
            report.note(&message, "will be tried again", &sentence(&trouble));
            report.failed.push(message.message_id);
            report.failed.extend(messages.by_ref().map(|rest| rest.message_id));
        }
        report
    }
}

impl Report {
    fn note(&mut self, message: &Message, what: &str, why: &str) {
        let group = message.group();
        let id = &message.message_id;
        self.problems.push(format!("message `{id}` of `{group}` {what}: {why}"));
    }

    fn merge(mut self, other: Self) -> Self {
        self.failed.extend(other.failed);
        self.problems.extend(other.problems);
        self
    }
}

/// Handles a batch; never fails as a whole.
pub async fn run<J: JobReader, S: Schedules, D: DeadLetters>(
    controller: &Controller<J, S, D>,
    messages: Vec<Message>,
    now: i64,
) -> Report {
    run_until(controller, messages, (now, pending)).await
}

/// The same, until the time is up: `over` answers whenever it is asked, all at that moment. What is
/// not done by then is to be delivered again, and what is done is not; whoever is ended by Lambda
/// instead gets the whole batch again.
pub async fn run_until<J: JobReader, S: Schedules, D: DeadLetters, F: Future<Output = ()>>(
    controller: &Controller<J, S, D>,
    messages: Vec<Message>,
    (now, over): (i64, impl Fn() -> F),
) -> Report {
    let groups = groups(messages).into_iter();
    let reports = groups.map(|group| controller.handle_group(group, (now, &over)));
    join_all(reports).await.into_iter().fold(Report::default(), Report::merge)
}

fn sentence(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Failure(failure) | Trouble::Apply(ApplyError::Call(failure)) => failure.sentence(),
        Trouble::Apply(_) | Trouble::Late => trouble.to_string(),
    }
}
