//! One schedule as it stands against the one that its job wants: pure.

use super::report::Kind;
use crate::controller::WantedSchedule;
use crate::ports::StandingSchedule;

/// A clock here and one at AWS may differ by this much, seconds.
pub(super) const SKEW: i64 = 300;

/// What is remembered of a schedule that was listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) enabled: bool,
    /// Whether it points at this deployment's topic.
    pub(super) on_topic: bool,
    /// Epoch seconds.
    pub(super) modified: Option<i64>,
    /// Whether its job was seen.
    pub(super) has_job: bool,
}

/// What a list alone tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Glance {
    /// Nothing speaks against it.
    Same,
    /// It was last written before its job was: most likely stale.
    Suspect,
    /// It is wrong.
    Wrong(Kind, &'static str),
}

/// A first look, at what a list shows.
pub(super) fn glance(wanted: &WantedSchedule, updated_at: Option<i64>, listed: Listed) -> Glance {
    if !listed.on_topic {
        return Glance::Wrong(Kind::WrongTarget, "the topic");
    }
    match (listed.enabled, wanted.enabled) {
        (true, false) => return Glance::Wrong(Kind::WrongState, "it fires, though paused"),
        (false, true) => return Glance::Wrong(Kind::WrongState, "it is switched off"),
        _ => {}
    }
    match (listed.modified, updated_at) {
        (Some(modified), Some(updated)) if modified < updated => Glance::Suspect,
        _ => Glance::Same,
    }
}

/// Every attribute that the controller sets. The moment of the next run is none: it moves with every
/// update. But no update puts it further ahead than one interval.
pub(super) fn compare(
    wanted: &WantedSchedule,
    standing: &StandingSchedule,
    now: i64,
) -> Option<(Kind, String)> {
    let target = [
        (standing.topic_arn != wanted.target.topic_arn, "the topic"),
        (standing.role_arn != wanted.target.role_arn, "the role"),
        (
            standing.dead_letter_arn.as_ref() != Some(&wanted.target.dead_letter_arn),
            "the dead-letter queue",
        ),
    ];
    let state = [(standing.enabled != wanted.enabled, "the state")];
    let revision = [(revision(&standing.description) != Some(wanted.rev), "the revision")];
    let silent = now.saturating_add(wanted.rate.interval_seconds()).saturating_add(SKEW);
    let rest = [
        (standing.expression != wanted.expression, "the rate"),
        (standing.input != wanted.input, "the input"),
        (standing.retry_seconds != Some(wanted.retry_seconds), "the retries"),
        (standing.start.is_some_and(|start| start > silent), "the first run, too far ahead"),
        (standing.description != wanted.description(), "the description"),
    ];
    let foreign = standing.foreign.iter().copied();
    let wrong = |parts: &[(bool, &'static str)]| {
        let wrong = parts.iter().filter(|(differs, _)| *differs).map(|(_, name)| *name);
        wrong.collect::<Vec<_>>()
    };
    let kinds = [
        (Kind::WrongTarget, wrong(&target)),
        (Kind::WrongState, wrong(&state)),
        (Kind::Stale, wrong(&revision)),
        (Kind::Altered, wrong(&rest).into_iter().chain(foreign).collect()),
    ];
    let kind = kinds.iter().find(|(_, wrong)| !wrong.is_empty())?.0;
    // The description tells of all the others; alone it is a difference too.
    let mut names: Vec<_> = kinds.iter().flat_map(|(_, wrong)| wrong.iter().copied()).collect();
    if names.len() > 1 {
        names.retain(|name| *name != "the description");
    }
    Some((kind, names.join(", ")))
}

/// Whether this is the schedule of a later revision than the one at hand: the job was changed since
/// it was read, in `since` or later.
pub(super) fn is_later(wanted: &WantedSchedule, standing: &StandingSchedule, since: i64) -> bool {
    let later = revision(&standing.description).is_some_and(|rev| rev > wanted.rev);
    later && standing.modified.is_some_and(|modified| modified >= since - SKEW)
}

/// The revision in a description, `rev=<n> h=<hash>`.
fn revision(description: &str) -> Option<u64> {
    description.strip_prefix("rev=")?.split(' ').next()?.parse().ok()
}
