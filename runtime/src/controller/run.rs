//! A batch: groups side by side, within a group in order up to its first failure.

use super::apply::{ApplyError, apply};
use super::batch::{Message, groups};
use super::decide::{Deployment, Poison, ScheduleAction, decide};
use super::subject::{Subject, subject};
use crate::ports::{DeadLetter, DeadLetters, Failure, JobReader, Schedules};
use futures_util::future::join_all;
use scheduler_contract::KeyError;

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

impl<J: JobReader, S: Schedules, D: DeadLetters> Controller<J, S, D> {
    /// Handles one message: done, put aside for good, or to be delivered again.
    async fn handle(&self, message: &Message, now: i64) -> Result<Option<Hopeless>, Trouble> {
        let action = match subject(&message.body, message.group()) {
            Ok(Subject::Job(key)) => {
                let item = self.jobs.read(&key).await?;
                decide(&key, item, &self.deployment).map_err(Hopeless::from)
            }
            Ok(Subject::Nobodys(name)) => Ok(ScheduleAction::Delete(name)),
            Err(hopeless) => Err(hopeless),
        };
        match action {
            Ok(action) => {
                apply(&self.schedules, &action, now).await?;
                Ok(None)
            }
            Err(hopeless) => self.bury(message, hopeless).await,
        }
    }

    async fn bury(&self, message: &Message, why: Hopeless) -> Result<Option<Hopeless>, Trouble> {
        let letter = DeadLetter {
            reason: why.to_string(),
            body: message.body.clone(),
            group: message.group().to_owned(),
            message_id: message.message_id.clone(),
        };
        self.dead_letters.bury(&letter).await?;
        Ok(Some(why))
    }

    async fn handle_group(&self, group: Vec<Message>, now: i64) -> Report {
        let mut report = Report::default();
        let mut messages = group.into_iter();
        while let Some(message) = messages.next() {
            match self.handle(&message, now).await {
                Ok(None) => {}
                Ok(Some(hopeless)) => report.note(&message, "put aside", &hopeless.to_string()),
                Err(trouble) => {
                    report.note(&message, "will be tried again", &sentence(&trouble));
                    report.failed.push(message.message_id);
                    report.failed.extend(messages.by_ref().map(|rest| rest.message_id));
                }
            }
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
    let groups = groups(messages).into_iter();
    let reports = join_all(groups.map(|group| controller.handle_group(group, now))).await;
    reports.into_iter().fold(Report::default(), Report::merge)
}

fn sentence(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Failure(failure) | Trouble::Apply(ApplyError::Call(failure)) => failure.sentence(),
        Trouble::Apply(error) => error.to_string(),
    }
}
