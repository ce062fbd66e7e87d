//! Changes for people: grouped by stack, one line a resource, one a property; who may do what apart.

use super::access;
use super::changes::{Action, Changes, PropertyChange, ResourceChange, StackChanges};
use super::shorten::{one, two};
use std::fmt;

impl Action {
    /// `+`, `~` or `-`.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Add => '+',
            Self::Change => '~',
            Self::Remove => '-',
        }
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return writeln!(f, "nothing changes");
        }
        for stack in &self.stacks {
            writeln!(f, "{stack}")?;
        }
        let access = access::lines(self);
        if !access.is_empty() {
            writeln!(f, "permissions")?;
            access.iter().try_for_each(|line| writeln!(f, "  {line}"))?;
            writeln!(f)?;
        }
        let all = || self.stacks.iter().flat_map(|stack| &stack.resources);
        let count =
            |action| all().filter(|one| one.action == action && one.replacement.is_none()).count();
        let replace = all().filter(|one| one.replacement.is_some()).count();
        let (add, change, remove) =
            (count(Action::Add), count(Action::Change), count(Action::Remove));
        writeln!(f, "{add} to add, {change} to change, {replace} to replace, {remove} to remove")
    }
}

impl ResourceChange {
    /// `±` where a new resource takes the old one's place, else that of its action.
    fn sign(&self) -> char {
        if self.replacement.is_some() { '±' } else { self.action.sign() }
    }
}

impl fmt::Display for StackChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.nested_id {
            None => writeln!(f, "{}", self.stack)?,
            Some(_) => writeln!(f, "plugin {}", self.stack)?,
        }
        for one in &self.resources {
            write!(f, "  {} {}  {}", one.sign(), one.id, one.resource_type)?;
            if one.permissions {
                write!(f, "  (permissions)")?;
            }
            writeln!(f)?;
            if let Some(replacement) = &one.replacement {
                writeln!(f, "      {replacement}")?;
            }
            if let Some(reason) = &one.data_loss {
                let id = self.qualified(&one.id);
                writeln!(f, "      data is lost: {reason}; `--allow-data-loss {id}` allows it")?;
            }
            one.properties.iter().try_for_each(|change| writeln!(f, "      {change}"))?;
        }
        self.others.iter().try_for_each(|change| writeln!(f, "  ~ {change}"))
    }
}

impl fmt::Display for PropertyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.old, &self.new) {
            (None, Some(new)) => write!(f, "+ {}: {}", self.path, one(new)),
            (Some(old), None) => write!(f, "- {}: {}", self.path, one(old)),
            (Some(old), Some(new)) => {
                let (old, new) = two(old, new);
                write!(f, "{}: {old} → {new}", self.path)
            }
            (None, None) => write!(f, "{}", self.path),
        }
    }
}
