//! From two templates to changes of access.

use super::changes::{AccessChange, Condition, Direction};
use super::covers::covers;
use super::documents::grants;
use super::grants::Grant;
use crate::diff::compare::Bodies;
use crate::iam::Effect;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What one stack's templates allow more or less than before.
pub(in crate::diff) fn compare(stack: &str, bodies: Bodies<'_>) -> Vec<AccessChange> {
    let of = |body: Option<&Value>| body.map(grants).unwrap_or_default();
    let (old, new) = (of(bodies.old), of(bodies.new));
    let mut grouped = BTreeMap::<Key, Vec<String>>::new();
    // What comes widens by allowing; what comes narrows by denying.
    for (from, to, allowing) in
        [(&old, &new, Direction::Narrowed), (&new, &old, Direction::Widened)]
    {
        for grant in from.difference(to).filter(|grant| !is_covered(grant, to)) {
            let direction = if grant.denies { allowing.opposite() } else { allowing };
            if grant.denies && !stays(&grant.holder.name, bodies) {
                continue;
            }
            let otherwise = counterpart(grant, to);
            let key = Key {
                direction,
                grant: Grant { action: String::new(), ..grant.clone() },
                otherwise,
            };
            grouped.entry(key).or_default().push(grant.action.clone());
        }
    }
    grouped.into_iter().map(|(key, actions)| change(stack, key, actions)).collect()
}

/// What is said in one line: everything but the action.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    direction: Direction,
    grant: Grant,
    otherwise: Condition,
}

fn change(stack: &str, key: Key, actions: Vec<String>) -> AccessChange {
    let Key { direction, grant, otherwise } = key;
    let Grant { holder, denies, principal, action: _, resource, condition } = grant;
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    AccessChange {
        direction,
        stack: stack.to_owned(),
        holder,
        effect: if denies { Effect::Deny } else { Effect::Allow },
        principal: some(principal),
        actions,
        resource: some(resource),
        condition,
        otherwise,
    }
}

fn is_covered(grant: &Grant, by: &BTreeSet<Grant>) -> bool {
    by.iter().any(|one| covers(one, grant))
}

/// What is new or gone as a whole has nothing to be kept from: only what it allows is told. What
/// is not of the template is there before and after.
fn stays(name: &str, bodies: Bodies<'_>) -> bool {
    let has = |body: Option<&Value>| {
        body.and_then(|body| body.get("Resources")).is_some_and(|all| all.get(name).is_some())
    };
    has(bodies.old) == has(bodies.new)
}

/// The condition under which the other side says the same, where this one says it of any.
fn counterpart(grant: &Grant, others: &BTreeSet<Grant>) -> Condition {
    if !grant.condition.is_empty() {
        return Condition::new();
    }
    let same = |other: &&Grant| Grant { condition: Condition::new(), ..(*other).clone() } == *grant;
    others.iter().find(same).map(|other| other.condition.clone()).unwrap_or_default()
}
