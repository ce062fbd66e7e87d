//! Changes for people: grouped by stack, one line a resource, one a property.

use super::changes::{Action, Changes, PropertyChange, StackChanges};
use serde_json::Value;
use std::fmt;

/// Digests are told by their first digits.
const DIGITS: usize = 12;

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
        let count = |action| {
            let all = self.stacks.iter().flat_map(|stack| &stack.resources);
            all.filter(|one| one.action == action).count()
        };
        let (add, change, remove) =
            (count(Action::Add), count(Action::Change), count(Action::Remove));
        writeln!(f, "{add} to add, {change} to change, {remove} to remove")
    }
}

impl fmt::Display for StackChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.nested_id {
            None => writeln!(f, "{}", self.stack)?,
            Some(_) => writeln!(f, "plugin {}", self.stack)?,
        }
        for one in &self.resources {
            write!(f, "  {} {}  {}", one.action.sign(), one.id, one.resource_type)?;
            if one.permissions {
                write!(f, "  (permissions)")?;
            }
            writeln!(f)?;
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
            (None, Some(new)) => write!(f, "+ {}: {}", self.path, short(new)),
            (Some(old), None) => write!(f, "- {}: {}", self.path, short(old)),
            (old, new) => {
                let text = |value: &Option<Value>| value.as_ref().map(short).unwrap_or_default();
                write!(f, "{}: {} → {}", self.path, text(old), text(new))
            }
        }
    }
}

/// JSON on one line, keys sorted, digests cut.
fn short(value: &Value) -> String {
    match value {
        Value::String(text) => Value::from(cut(text)).to_string(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(short).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entry = |(key, value): (&String, &Value)| format!("\"{key}\": {}", short(value));
            format!("{{{}}}", entries.into_iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        scalar => scalar.to_string(),
    }
}

/// A digest may stand at the end of an address.
fn cut(text: &str) -> String {
    let (head, tail) = text.rsplit_once('/').map_or(("", text), |(head, tail)| (head, tail));
    let digest = tail.len() == 64 && tail.bytes().all(|byte| byte.is_ascii_hexdigit());
    match (digest, head) {
        (false, _) => text.to_owned(),
        (true, "") => format!("{}…", &tail[..DIGITS]),
        (true, head) => format!("{head}/{}…", &tail[..DIGITS]),
    }
}
