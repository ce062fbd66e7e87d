//! One run of a job.
//!
//! In: a tick. Out: nothing, a mail, or an error that has the tick delivered again.
//!
//! What is guaranteed: the new text and the mail that is due are written in one piece before the
//! mail is sent, and the mail is struck out after. So a run that dies at any point is picked up by
//! the tick's redelivery (or by the next tick): no change is lost, and it is mailed once. Only a
//! death between SES's yes and the striking out mails twice; an outbox folder knows the mail again
//! and keeps one. Two runs of a job at once: one write gets through, the other run fails and is
//! repeated, and finds nothing new.
//!
//! A page that cannot be had is tried again only where that may help, and not for ever: the next
//! tick comes anyway, and the dead-letter queue is for what a person has to look at.

use crate::fetch::{FetchError, Page, Web};
use crate::memory::{Memory, News, Seen};
use crate::settings::Settings;
use crate::{charset, diff, mail, pretty};
use scheduler_plugin::mail::{MailError, Mailer};
use scheduler_plugin::state::State;
use scheduler_plugin::web::SystemNames;
use scheduler_plugin::{Error, Tick, info, warn};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// A server that is down is asked again by the queue until this delivery of a tick.
const LAST_ATTEMPT: u32 = 3;
/// Memory that says the same for longer is written anew, or it would expire while the page is watched.
const REFRESH: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a mail may be under way in another run; past the function's own time-out.
const UNDER_WAY: Duration = Duration::from_secs(60);
/// Pages that are worked on at once; more of the largest do not fit into memory.
const AT_ONCE: usize = 3;

/// `html_monitor_job`'s own fields. Others are none of this consumer's business.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Watch {
    /// The page.
    pub url: String,
}

/// Runs jobs.
#[derive(Debug)]
pub struct Checker {
    state: State,
    mailer: Mailer,
    web: Web,
    turns: Semaphore,
}

impl Checker {
    /// Makes the clients.
    ///
    /// # Errors
    /// The system's trusted certificates cannot be read.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let Settings { state, mailer, reach } = settings;
        let web = Web::new(Arc::new(SystemNames), reach)?;
        Ok(Self { state, mailer, web, turns: Semaphore::new(AT_ONCE) })
    }

    /// Looks at the page once, and mails its owner what changed.
    ///
    /// # Errors
    /// State or mail failed, another run was at it, or the page may be had later.
    pub async fn check(&self, tick: &Tick<Watch>) -> Result<(), Error> {
        let page = self.web.page(&tick.job.own.url).await;
        let _turn = self.turns.acquire().await?;
        let mut memory = Memory::recall(&self.state, tick.job.key()).await?;
        if let Some(news) = unsent(&memory) {
            if !may_send(&news, &memory, tick) {
                note(tick, "mail under way in another run");
                return Ok(());
            }
            self.tell(&mut memory, &news).await?;
        }
        match page {
            Ok(page) => self.compare(tick, &page, &mut memory).await,
            Err(error) => missing(tick, error),
        }
    }

    async fn compare(
        &self,
        tick: &Tick<Watch>,
        page: &Page,
        memory: &mut Memory<'_>,
    ) -> Result<(), Error> {
        let text = charset::decode(&page.content_type, &page.body);
        let text = match pretty::lines(&page.content_type, &text) {
            Ok(text) => text,
            Err(error) => return skipped(tick, &error.to_string()),
        };
        let url = tick.job.own.url.clone();
        match memory.seen.as_ref().filter(|seen| seen.url == url) {
            None => {
                note(tick, "page seen for the first time");
                Ok(memory.keep(Seen { url, text, unsent: None }).await?)
            }
            Some(seen) if seen.text == text => unchanged(tick, memory).await,
            Some(seen) => {
                let news = news(tick, diff::unified(&seen.text, &text));
                memory.keep(Seen { url, text, unsent: Some(news.clone()) }).await?;
                note(tick, "page changed");
                self.tell(memory, &news).await
            }
        }
    }

    /// Sends the mail and strikes it out.
    async fn tell(&self, memory: &mut Memory<'_>, news: &News) -> Result<(), Error> {
        match self.mailer.send(&mail::whole(news)).await {
            Err(MailError::TooLong(_)) => self.mailer.send(&mail::short(news)).await?,
            sent => sent?,
        }
        info("mail sent", &[("tick", &news.tick)]);
        if let Some(seen) = memory.seen.take() {
            memory.keep(Seen { unsent: None, ..seen }).await?;
        }
        Ok(())
    }
}

fn unsent(memory: &Memory<'_>) -> Option<News> {
    memory.seen.as_ref()?.unsent.clone()
}

/// A mail belongs to the tick that found the change, until that can no longer be running.
fn may_send(news: &News, memory: &Memory<'_>, tick: &Tick<Watch>) -> bool {
    news.tick == tick.idempotency_key() || memory.age > UNDER_WAY
}

fn news(tick: &Tick<Watch>, diff: diff::Diff) -> News {
    News {
        to: tick.job.user_email.clone(),
        url: tick.job.own.url.clone(),
        diff: diff.text,
        cut: diff.cut,
        tick: tick.idempotency_key(),
    }
}

async fn unchanged(tick: &Tick<Watch>, memory: &mut Memory<'_>) -> Result<(), Error> {
    note(tick, "page unchanged");
    if memory.age > REFRESH
        && let Some(seen) = memory.seen.take()
    {
        memory.keep(seen).await?;
    }
    Ok(())
}

fn missing(tick: &Tick<Watch>, error: FetchError) -> Result<(), Error> {
    if error.may_pass() && tick.attempt < LAST_ATTEMPT {
        return Err(error.into());
    }
    skipped(tick, &error.to_string())
}

/// The tick is done with, and nothing was learnt.
fn skipped(tick: &Tick<Watch>, reason: &str) -> Result<(), Error> {
    let job = tick.job.key();
    warn("no page", &[("job", &job), ("url", &tick.job.own.url), ("reason", reason)]);
    Ok(())
}

fn note(tick: &Tick<Watch>, event: &str) {
    info(event, &[("job", &tick.job.key()), ("url", &tick.job.own.url)]);
}
