//! Follows a running stack operation to its end: one line a resource, nested stacks included.
//!
//! In: the stack's ARN and the point in its history at which the operation began. Out: the stack
//! as it ended, and every event seen. A poll that fails in passing is never fatal.

use super::error::{DeployError, Failure};
use super::events::{Seen, StackEvent, folded, line, root_cause};
use super::ports::{After, StackReader};
use super::session::{Pauses, Session};
use super::stack::{NESTED_STACK, Situation, Stack, StackState};
use crate::text::count;
use std::collections::BTreeMap;

/// What to follow.
pub struct Follow<'a> {
    /// The stack's ARN.
    pub id: &'a str,
    /// Where the operation began.
    pub after: After,
    /// Logical id of a nested stack -> plugin.
    pub plugins: &'a BTreeMap<String, String>,
}

/// How it ended.
#[derive(Debug)]
pub struct Finished {
    /// The stack; `None` where even its ARN is forgotten, which is "deleted".
    pub stack: Option<Stack>,
    /// Everything seen, in the order of arrival.
    pub trail: Vec<Seen>,
}

/// One stack's part of the watch.
struct Trail {
    stack_id: String,
    plugin: Option<String>,
    after: After,
    ended: bool,
}

/// After so many silent polls the stack itself is asked.
const SILENCE: u32 = 4;
/// So often a stack may still be described as the shell that it was: such a read can be stale, but
/// a change set that cannot be executed leaves the shell as well.
const STALE: u32 = 5;
/// What the progress port knows the operation by.
const TASK: &str = "stack";

/// The point from which [`follow`] sees what happens next.
///
/// # Errors
/// The call's.
pub async fn mark(cloud: &impl StackReader, stack: &str) -> Result<After, DeployError> {
    let event = cloud.newest_event(stack).await?;
    Ok(After { event, at: 0 })
}

/// Follows the operation to its end.
///
/// # Errors
/// A call that keeps failing.
pub async fn follow(
    cloud: &impl StackReader,
    what: Follow<'_>,
    session: &Session<'_>,
) -> Result<Finished, DeployError> {
    session.progress.begin(TASK, "waiting for CloudFormation");
    let finished = to_the_end(cloud, what, session).await;
    session.progress.end(TASK);
    finished
}

async fn to_the_end(
    cloud: &impl StackReader,
    what: Follow<'_>,
    session: &Session<'_>,
) -> Result<Finished, DeployError> {
    let mut watch = Watch::new(&what);
    let mut pauses = session.pauses();
    let (mut silent, mut shells) = (0, 0);
    loop {
        let news = watch.poll(cloud, &mut pauses, session).await?;
        session.progress.at(TASK, &watch.standing());
        silent = if news > 0 { 0 } else { silent + 1 };
        if news > 0 {
            pauses.reset();
        }
        if watch.is_over() || silent >= SILENCE {
            silent = 0;
            let described = pauses.tolerate(cloud.describe(what.id).await)?;
            shells += u32::from(described.iter().flatten().any(is_shell));
            let is_over = |stack: &Option<Stack>| {
                is_settled(stack.as_ref()) && (shells > STALE || !stack.iter().any(is_shell))
            };
            if let Some(stack) = described.filter(is_over) {
                // What a nested stack said last may come after its parent's end; to miss it is
                // no failure.
                let _ = watch.poll(cloud, &mut pauses, session).await;
                return Ok(Finished { stack, trail: watch.seen });
            }
        }
        pauses.pause().await;
    }
}

fn is_settled(stack: Option<&Stack>) -> bool {
    stack.is_none_or(|stack| stack.state.situation() != Situation::Busy)
}

fn is_shell(stack: &Stack) -> bool {
    stack.state.as_str() == "REVIEW_IN_PROGRESS"
}

struct Watch<'a> {
    plugins: &'a BTreeMap<String, String>,
    trails: Vec<Trail>,
    seen: Vec<Seen>,
    over: bool,
}

impl<'a> Watch<'a> {
    fn new(what: &Follow<'a>) -> Self {
        let root = Trail {
            stack_id: what.id.to_owned(),
            plugin: None,
            after: what.after.clone(),
            ended: false,
        };
        Self { plugins: what.plugins, trails: vec![root], seen: Vec::new(), over: false }
    }

    fn is_over(&self) -> bool {
        self.over
    }

    /// How far it is, by the last word about each resource.
    fn standing(&self) -> String {
        let events = self.seen.iter().map(|seen| &seen.event).filter(|event| !event.is_own());
        let words = events.map(|event| ((&event.stack_id, &event.logical_id), event.is_end()));
        let last: BTreeMap<_, _> = words.collect();
        let done = last.values().filter(|ended| **ended).count();
        let done_so_far = format!("{} done", count(done, "resource"));
        // What began last may be what takes long.
        let is_at_it = |seen: &&Seen| {
            let event = &seen.event;
            last.get(&(&event.stack_id, &event.logical_id)) == Some(&false)
        };
        match self.seen.iter().rev().find(is_at_it) {
            None => done_so_far,
            Some(Seen { plugin, event }) => {
                let within = plugin.as_ref().map_or_else(String::new, |name| format!("{name}: "));
                let at_it = last.len() - done;
                format!("{done_so_far}, {at_it} under way, such as {within}{}", event.logical_id)
            }
        }
    }

    /// Asks every stack that is still at it, whether or not another one answers; answers how many
    /// events came.
    async fn poll(
        &mut self,
        cloud: &impl StackReader,
        pauses: &mut Pauses,
        session: &Session<'_>,
    ) -> Result<usize, DeployError> {
        let (mut news, mut nth, before) = (0, 0, self.seen.len());
        while let Some(trail) = self.trails.get(nth) {
            if !trail.ended {
                let polled = cloud.events(&trail.stack_id, &trail.after).await;
                let events = pauses.tolerate(polled)?.unwrap_or_default();
                news += events.len();
                for event in events {
                    self.take(nth, event);
                }
                self.close(nth);
            }
            nth += 1;
        }
        self.tell(before, session);
        Ok(news)
    }

    /// What a poll brought from all stacks, in the order in which it happened.
    fn tell(&self, before: usize, session: &Session<'_>) {
        let mut news: Vec<_> = self.seen.iter().skip(before).collect();
        news.sort_by_key(|seen| seen.event.at);
        let root = self.trails.first().map(|trail| trail.stack_id.as_str());
        for seen in news {
            let event = &seen.event;
            let is_plugins = event.kind == NESTED_STACK && !event.is_own();
            let text = match is_plugins && Some(event.stack_id.as_str()) == root {
                true => folded(seen, &self.seen),
                false => line(seen),
            };
            if let Some(text) = text {
                session.tell(&text);
            }
        }
    }

    fn take(&mut self, nth: usize, event: StackEvent) {
        let Some(trail) = self.trails.get_mut(nth) else { return };
        trail.after.event = Some(event.id.clone());
        let mut plugin = trail.plugin.clone();
        if event.is_own() {
            self.over |= nth == 0 && event.is_end();
        } else if event.kind == NESTED_STACK {
            let named = self.plugins.get(&event.logical_id).unwrap_or(&event.logical_id);
            plugin.get_or_insert_with(|| named.clone());
            self.meet(&event, plugin.clone());
        }
        self.seen.push(Seen { plugin, event });
    }

    /// A nested stack shows up in its parent's events: follow it from the operation's beginning.
    fn meet(&mut self, event: &StackEvent, plugin: Option<String>) {
        let known = self.trails.iter().any(|trail| trail.stack_id == event.physical_id);
        if known || !event.physical_id.starts_with("arn:") {
            return;
        }
        let began = self.seen.first().map_or(event.at, |first| first.event.at);
        self.trails.push(Trail {
            stack_id: event.physical_id.clone(),
            plugin,
            after: After { event: None, at: began },
            ended: false,
        });
    }

    /// A nested stack that said its last word is not asked again.
    fn close(&mut self, nth: usize) {
        let Some(trail) = self.trails.get_mut(nth) else { return };
        let last = self.seen.iter().rev().find(|seen| seen.event.stack_id == trail.stack_id);
        let ended = last.is_some_and(|seen| seen.event.is_own() && seen.event.is_end());
        trail.ended = nth > 0 && ended;
    }
}

impl Finished {
    /// The stack, where the create, update or import did what it should.
    ///
    /// # Errors
    /// The failure with its root cause.
    pub fn success(self, name: &str) -> Result<Stack, DeployError> {
        let gone = StackState::new("DELETE_COMPLETE");
        match self.stack {
            Some(stack) if stack.state.is_success() => Ok(stack),
            _ => {
                let state = self.stack.as_ref().map_or(&gone, |stack| &stack.state);
                Err(DeployError::Failed(Box::new(self.failure(name, state))))
            }
        }
    }

    /// Whether the stack was deleted.
    ///
    /// # Errors
    /// The failure with its root cause.
    pub fn deletion(&self, name: &str) -> Result<(), DeployError> {
        match &self.stack {
            Some(stack) if !stack.state.is_gone() => {
                Err(DeployError::Failed(Box::new(self.failure(name, &stack.state))))
            }
            _ => Ok(()),
        }
    }

    fn failure(&self, name: &str, state: &StackState) -> Failure {
        let reason = self.stack.as_ref().and_then(|stack| stack.reason.clone());
        Failure {
            stack: name.to_owned(),
            state: state.to_string(),
            cause: root_cause(&self.trail),
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(id: &str, status: &str) -> Seen {
        let event = StackEvent {
            id: format!("{id}-{status}"),
            stack_id: "arn:root".into(),
            logical_id: id.into(),
            physical_id: if id == "root" { "arn:root".into() } else { String::new() },
            kind: if id == "root" { NESTED_STACK } else { "AWS::SQS::Queue" }.into(),
            status: status.into(),
            reason: String::new(),
            at: 0,
        };
        Seen { plugin: None, event }
    }

    #[test]
    fn how_far_it_is_goes_by_the_last_word_about_each_resource() {
        let (after, plugins) = (After { event: None, at: 0 }, BTreeMap::new());
        let mut watch = Watch::new(&Follow { id: "arn:root", after, plugins: &plugins });
        assert_eq!(watch.standing(), "0 resources done");
        watch.seen = vec![
            seen("root", "CREATE_IN_PROGRESS"),
            seen("One", "CREATE_IN_PROGRESS"),
            seen("Two", "CREATE_IN_PROGRESS"),
            seen("One", "CREATE_IN_PROGRESS"),
        ];
        assert_eq!(watch.standing(), "0 resources done, 2 under way, such as One");
        watch.seen.push(seen("One", "CREATE_COMPLETE"));
        assert_eq!(watch.standing(), "1 resource done, 1 under way, such as Two");
        watch.seen.push(seen("Two", "CREATE_FAILED"));
        assert_eq!(watch.standing(), "2 resources done");
    }
}
