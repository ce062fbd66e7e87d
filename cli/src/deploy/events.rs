//! Stack events as values: which lines they make, and which one is the root cause. Pure.

use super::error::Cause;
use super::explain;
use super::origin::Origin;
use super::stack::NESTED_STACK;
use crate::text::count;
use std::collections::BTreeSet;

/// One event of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackEvent {
    /// EventId.
    pub id: String,
    /// The ARN of the stack that it belongs to.
    pub stack_id: String,
    /// The resource's id in the template; the stack's name for the stack itself.
    pub logical_id: String,
    /// The resource's name, id or ARN; empty before it exists.
    pub physical_id: String,
    /// Such as `AWS::SQS::Queue`.
    pub kind: String,
    /// ResourceStatus.
    pub status: String,
    /// ResourceStatusReason; empty where there is none.
    pub reason: String,
    /// Milliseconds since 1970 of CloudFormation's clock.
    pub at: i64,
}

impl StackEvent {
    /// Whether it is about the stack itself and not one of its resources.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.kind == NESTED_STACK && self.physical_id == self.stack_id
    }

    /// Whether something has come to its end.
    #[must_use]
    pub fn is_end(&self) -> bool {
        !self.status.ends_with("_IN_PROGRESS")
    }

    fn is_cancelled(&self) -> bool {
        self.reason.contains("cancelled")
    }

    /// Whether it says that something failed by itself, not for another's failure.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.status.ends_with("_FAILED") && !self.is_cancelled()
    }
}

/// An event with the plugin whose nested stack it happened in; `None`: the root stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The plugin.
    pub plugin: Option<String>,
    /// The event.
    pub event: StackEvent,
}

/// The line for an event, without the time: one a resource, when it is through; one when a stack
/// turns round. What goes well in a plugin's nested stack is folded into the stack's own line, for
/// which see [`folded`]. Everything else is silent.
#[must_use]
pub fn line(seen: &Seen) -> Option<String> {
    let Seen { plugin, event } = seen;
    if event.is_own() {
        return turning(plugin.as_deref(), event);
    }
    let is_folded = plugin.is_some() && !event.is_failure();
    if !event.is_end() || event.is_cancelled() || is_folded {
        return None;
    }
    let place = plugin.as_ref().map_or_else(String::new, |plugin| format!("{plugin}: "));
    let (status, reason) = (status(event), failed(event));
    Some(format!("{status}  {place}{} ({}){reason}", event.logical_id, event.kind))
}

/// The one line for a nested stack that is through, with what was done inside of it; none where that
/// is nothing, since CloudFormation updates every nested stack each time.
#[must_use]
pub fn folded(stack: &Seen, trail: &[Seen]) -> Option<String> {
    let Seen { plugin: Some(plugin), event } = stack else { return None };
    let own = trail.iter().filter(|seen| seen.plugin == stack.plugin && seen.event.is_end());
    let own = own.map(|seen| &seen.event).filter(|event| event.kind != NESTED_STACK);
    let inside: BTreeSet<_> =
        own.clone().map(|event| (&event.stack_id, &event.logical_id)).collect();
    let is_nothing = inside.is_empty() && event.status == "UPDATE_COMPLETE";
    if !event.is_end() || event.is_cancelled() || is_nothing {
        return None;
    }
    let count = match inside.len() {
        0 => String::new(),
        some => format!(", {}", count(some, "resource")),
    };
    // What failed inside has been told.
    let reason = match own.into_iter().any(StackEvent::is_failure) {
        true => String::new(),
        false => failed(event),
    };
    Some(format!("{}  {plugin}{count}{reason}", status(event)))
}

fn status(event: &StackEvent) -> String {
    format!("{:<16}", event.status.to_lowercase().replace('_', " "))
}

fn failed(event: &StackEvent) -> String {
    match event.is_failure() {
        true => format!(": {}", reason_of(&event.reason)),
        false => String::new(),
    }
}

fn turning(plugin: Option<&str>, event: &StackEvent) -> Option<String> {
    let turns = ["ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"];
    let is_root = plugin.is_none();
    (is_root && turns.contains(&event.status.as_str())).then(|| "rolling back".to_owned())
}

/// The oldest real failure: cancellations are dropped, and a nested stack's own failure counts
/// only where nothing inside of it was seen to fail.
#[must_use]
pub fn root_cause(trail: &[Seen]) -> Option<Cause> {
    let failures = || trail.iter().filter(|seen| seen.event.is_failure());
    let inner = failures().filter(|seen| seen.event.kind != NESTED_STACK);
    let nested = failures().filter(|seen| seen.event.kind == NESTED_STACK && !seen.event.is_own());
    let oldest = inner.min_by_key(|seen| seen.event.at);
    let seen = oldest.or_else(|| nested.min_by_key(|seen| seen.event.at))?;
    let origin = Origin {
        plugin: seen.plugin.clone(),
        resource: Some(seen.event.logical_id.clone()),
        kind: Some(seen.event.kind.clone()),
        place: None,
    };
    Some(Cause { origin, reason: seen.event.reason.clone() })
}

/// The service's own words for people.
#[must_use]
pub fn reason_of(reason: &str) -> String {
    explain::reason(reason).what
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(plugin: Option<&str>, (id, kind): (&str, &str), status: &str, reason: &str) -> Seen {
        Seen {
            plugin: plugin.map(Into::into),
            event: StackEvent {
                id: format!("{id}-{status}"),
                stack_id: "arn:root".into(),
                logical_id: id.into(),
                physical_id: String::new(),
                kind: kind.into(),
                status: status.into(),
                reason: reason.into(),
                at: 0,
            },
        }
    }

    fn at(mut seen: Seen, at: i64) -> Seen {
        seen.event.at = at;
        seen
    }

    const QUEUE: (&str, &str) = ("Queue", "AWS::SQS::Queue");
    const TABLE: (&str, &str) = ("Table", "AWS::DynamoDB::Table");
    const NEST: (&str, &str) = ("PluginMail", "AWS::CloudFormation::Stack");

    #[test]
    fn the_cause_is_the_oldest_real_failure_inside_a_nested_stack() {
        let trail = [
            at(seen(None, TABLE, "CREATE_FAILED", "Resource creation cancelled"), 1),
            at(seen(None, NEST, "CREATE_FAILED", "Embedded stack was not created"), 2),
            at(seen(Some("mail"), QUEUE, "CREATE_FAILED", "bad value"), 3),
            at(seen(None, TABLE, "DELETE_FAILED", "later trouble"), 4),
        ];
        let cause = root_cause(&trail).expect("a cause");
        assert_eq!(
            cause.to_string(),
            "`Queue` (AWS::SQS::Queue) of plugin `mail` failed: bad value"
        );
    }

    #[test]
    fn a_nested_stack_is_the_cause_only_where_nothing_inside_is() {
        let trail = [
            seen(None, TABLE, "CREATE_FAILED", "Resource creation cancelled"),
            seen(None, NEST, "CREATE_FAILED", "no such template"),
        ];
        let cause = root_cause(&trail).expect("a cause");
        assert_eq!(cause.origin.resource.as_deref(), Some("PluginMail"));
        assert_eq!(root_cause(&trail[..1]), None);
    }

    #[test]
    fn a_plugins_stack_is_one_line_and_what_fails_in_it_another() {
        let inside = |status, reason| seen(Some("mail"), QUEUE, status, reason);
        assert_eq!(line(&inside("CREATE_COMPLETE", "")), None);
        assert_eq!(
            line(&inside("CREATE_FAILED", "bad value")).as_deref(),
            Some("create failed     mail: Queue (AWS::SQS::Queue): bad value")
        );
        let stack = |status, reason| seen(Some("mail"), NEST, status, reason);
        let other = seen(Some("other"), TABLE, "CREATE_COMPLETE", "");
        let trail = [
            inside("CREATE_IN_PROGRESS", ""),
            inside("CREATE_COMPLETE", ""),
            seen(Some("mail"), TABLE, "CREATE_COMPLETE", ""),
            stack("CREATE_COMPLETE", ""),
            other,
        ];
        let line = folded(&stack("CREATE_COMPLETE", ""), &trail);
        assert_eq!(line.as_deref(), Some("create complete   mail, 2 resources"));
        // Its cause has been told, and is not told again; without one, its own reason is all.
        let trail = [inside("CREATE_FAILED", "bad value")];
        let failed = stack("CREATE_FAILED", "no such template");
        let line = folded(&failed, &trail);
        assert_eq!(line.as_deref(), Some("create failed     mail, 1 resource"));
        let line = folded(&failed, &[]);
        assert_eq!(line.as_deref(), Some("create failed     mail: no such template"));
        // CloudFormation goes through every one of them.
        assert_eq!(folded(&stack("UPDATE_COMPLETE", ""), &[]), None);
    }

    #[test]
    fn a_resource_makes_one_line_when_it_is_through() {
        assert_eq!(line(&seen(None, QUEUE, "CREATE_IN_PROGRESS", "")), None);
        assert_eq!(
            line(&seen(None, QUEUE, "CREATE_COMPLETE", "")).as_deref(),
            Some("create complete   Queue (AWS::SQS::Queue)")
        );
        assert_eq!(
            line(&seen(None, QUEUE, "CREATE_FAILED", "bad value")).as_deref(),
            Some("create failed     Queue (AWS::SQS::Queue): bad value")
        );
        assert_eq!(line(&seen(None, QUEUE, "CREATE_FAILED", "Resource creation cancelled")), None);
    }
}
