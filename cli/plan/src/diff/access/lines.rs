//! Changes of access for people: one line each, a new plugin's one a role.

use super::changes::{AccessChange, Condition, Direction, Holder, HolderKind};
use crate::diff::changes::{Action, Changes, StackChanges};
use crate::iam::Effect;
use std::collections::{BTreeMap, BTreeSet};

/// A line for everything that widens or narrows.
pub(in crate::diff) fn lines(changes: &Changes) -> Vec<String> {
    let of = |stack: &StackChanges| {
        let access = changes.access.iter().filter(|one| one.stack == stack.stack);
        let access: Vec<_> = access.collect();
        match (stack.action, &stack.nested_id) {
            _ if access.is_empty() => Vec::new(),
            (Action::Add, Some(_)) => of_new_plugin(&access),
            (Action::Add, None) => vec![of_new_core(&access)],
            (Action::Remove, _) => {
                let place = place(&stack.stack);
                vec![format!("narrowed: what the policies of {place} allowed goes with it")]
            }
            (Action::Change, _) => access.into_iter().map(line).collect(),
        }
    };
    let mut lines: Vec<String> = changes.stacks.iter().flat_map(of).collect();
    // What widens first, else as they come.
    lines.sort_by_key(|line| line.starts_with("narrowed"));
    lines
}

fn place(stack: &str) -> String {
    match stack {
        "core" => "the core".to_owned(),
        plugin => format!("plugin `{plugin}`"),
    }
}

fn of_new_core(access: &[&AccessChange]) -> String {
    let holders: BTreeSet<&Holder> = access.iter().map(|one| &one.holder).collect();
    let roles = holders.iter().filter(|one| one.kind == HolderKind::Role).count();
    let policies = holders.iter().filter(|one| one.kind == HolderKind::Resource).count();
    format!(
        "widened: the core comes with {roles} roles and the policies of {policies} resources; \
         `--json` tells each permission"
    )
}

/// What its roles may do, in short; in full what is wide, and who from outside may reach it.
fn of_new_plugin(access: &[&AccessChange]) -> Vec<String> {
    let mut short = BTreeMap::<&Holder, BTreeSet<&str>>::new();
    let mut full = Vec::new();
    for one in access {
        let everywhere = one.resource.as_deref() == Some("*");
        let service = one.principal.as_deref().is_some_and(|name| name.ends_with(".amazonaws.com"));
        match one.holder.kind.is_somebody() {
            true if !everywhere => {
                let actions = one.actions.iter().map(String::as_str);
                short.entry(&one.holder).or_default().extend(actions);
            }
            false if service => {}
            _ => full.push(line(one)),
        }
    }
    let stack = access.first().map(|one| one.stack.as_str()).unwrap_or_default();
    let short = short.into_iter().map(|(holder, actions)| {
        let actions: Vec<_> = actions.into_iter().map(action).collect();
        format!(
            "widened: {} of the new {} may {}",
            of_holder(holder),
            place(stack),
            actions.join(", ")
        )
    });
    short.chain(full).collect()
}

fn line(change: &AccessChange) -> String {
    let AccessChange {
        direction,
        stack,
        holder,
        effect,
        principal,
        actions,
        resource,
        condition,
        otherwise,
    } = change;
    let (word, may) = match (direction, effect) {
        (Direction::Widened, Effect::Allow) => ("widened", "may now"),
        (Direction::Widened, Effect::Deny) => ("widened", "is no longer denied"),
        (Direction::Narrowed, Effect::Allow) => ("narrowed", "may no longer"),
        (Direction::Narrowed, Effect::Deny) => ("narrowed", "is now denied"),
    };
    let owner = format!("{} of {}", of_holder(holder), place(stack));
    let who = principal.as_ref().map_or_else(|| owner.clone(), |name| format!("`{}`", told(name)));
    let actions: Vec<_> = actions.iter().map(|one| action(one)).collect();
    let mut text = format!("{word}: {who} {may} {}", actions.join(", "));
    let opaque = change.actions.iter().all(|one| is_opaque(one));
    if let Some(resource) = resource.as_ref().filter(|_| !opaque) {
        if principal.is_some() && *resource == holder.name {
            return text + &format!(" on {owner}") + &when(condition, otherwise, *direction);
        }
        text += &format!(" on `{}`", told(resource));
    }
    text += &when(condition, otherwise, *direction);
    if principal.is_some() {
        text += &format!(" (policy of {owner})");
    }
    text
}

fn of_holder(holder: &Holder) -> String {
    let name = told(&holder.name);
    match holder.kind {
        HolderKind::Role | HolderKind::Trust => format!("role `{name}`"),
        HolderKind::User => format!("user `{name}`"),
        HolderKind::Group => format!("group `{name}`"),
        HolderKind::ManagedPolicy => format!("whoever has policy `{name}`"),
        HolderKind::Resource => format!("`{name}`"),
    }
}

const MANAGED: &str = "managed-policy:";
const BEYOND: &str = "beyond-boundary:";

fn is_opaque(action: &str) -> bool {
    action.starts_with(MANAGED) || action.starts_with(BEYOND)
}

fn action(text: &str) -> String {
    match (text.strip_prefix(MANAGED), text.strip_prefix(BEYOND)) {
        (Some(arn), _) => format!("do what `{}` allows", told(arn)),
        (_, Some(arn)) => format!("what its boundary `{}` does not allow", told(arn)),
        _ => format!("`{text}`"),
    }
}

fn when(condition: &Condition, otherwise: &Condition, direction: Direction) -> String {
    match (condition.is_empty(), otherwise.is_empty(), direction) {
        (false, _, _) => format!(" where {}", clauses(condition)),
        (true, true, _) => String::new(),
        (_, _, Direction::Widened) => {
            format!(" in any case, not only where {}", clauses(otherwise))
        }
        (_, _, Direction::Narrowed) => {
            format!(" in any case, but only where {}", clauses(otherwise))
        }
    }
}

fn clauses(condition: &Condition) -> String {
    let keys = condition.iter().flat_map(|(operator, keys)| {
        keys.iter().map(move |(key, values)| {
            let values: Vec<_> = values.iter().map(|one| format!("`{}`", told(one))).collect();
            format!("{key} {operator} {}", values.join(" or "))
        })
    });
    keys.collect::<Vec<_>>().join(" and ")
}

/// `Table.Arn` of `${Table.Arn}`; what is the same in the whole stack is left out of an ARN.
fn told(text: &str) -> String {
    let inner = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    if let Some(inner) = inner.filter(|inner| !inner.contains('$')) {
        return inner.to_owned();
    }
    let same = ["${AWS::Partition}", "${AWS::Region}", "${AWS::AccountId}"];
    same.into_iter().fold(text.to_owned(), |text, pseudo| text.replace(pseudo, "…"))
}
