//! What CloudFormation says against a change set: which resource, of which plugin, and why.
//!
//! In: a change set that failed. Out: findings. A change set that failed because a nested one did
//! says no more than that, so the nested ones are asked, however deep they are; early validation
//! and hooks keep their findings apart. Looking must not hide the refusal: a call that fails here
//! only leaves CloudFormation's own sentence.

use super::circle::circle;
use super::explain::{self, Explained, property_of, resource_of};
use super::failure::Told;
use super::origin::Origin;
use super::place::Places;
use super::ports::{ChangeSet, StackReader};
use scheduler_plan::template::{Template, Templates};
use serde_json::Value;
use std::collections::{BTreeSet, VecDeque};
use std::fmt;

/// A change that CloudFormation refused before anything changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The stack.
    pub stack: String,
    /// CloudFormation's sentence on the change set.
    pub reason: String,
    /// What is behind it; at least one.
    pub findings: Vec<Finding>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub origin: Origin,
    /// Where in the template, as CloudFormation writes it.
    pub path: Option<String>,
    /// CloudFormation's own words.
    pub reason: String,
    /// The resources that wait for each other, where that is it.
    pub circle: Option<String>,
}

impl Finding {
    /// What a sentence says by itself.
    #[must_use]
    pub fn of(reason: &str) -> Self {
        let origin = Origin { resource: resource_of(reason).map(Into::into), ..Origin::default() };
        Self { origin, reason: reason.to_owned(), ..Self::default() }
    }

    fn explained(&self) -> Explained {
        let mut explained = explain::of(&self.reason, self.origin.kind.as_deref());
        if let Some(circle) = &self.circle {
            explained.what = format!("resources wait for each other: {circle}");
        }
        explained
    }

    /// The property that it is about.
    fn property(&self) -> Option<&str> {
        let from_path = || {
            let (_, inside) = self.path.as_deref()?.split_once("/Properties/")?;
            inside.rsplit('/').find(|name| name.parse::<usize>().is_err())
        };
        property_of(&self.reason).or_else(from_path)
    }

    fn told(&self) -> Told {
        Told { origin: self.origin.clone(), aws: self.reason.clone() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Origin { plugin, resource, place, kind: _ } = &self.origin;
        match (resource, plugin) {
            (Some(id), Some(plugin)) => write!(f, "`{id}` of plugin `{plugin}`: ")?,
            (Some(id), None) => write!(f, "`{id}`: ")?,
            (None, Some(plugin)) => write!(f, "the resources of plugin `{plugin}`: ")?,
            (None, None) => {}
        }
        let what = self.explained().what;
        write!(f, "{what}")?;
        if let Some(path) = self.path.as_ref().filter(|_| property_of(&self.reason).is_none()) {
            write!(f, " (at {path})")?;
        }
        match place {
            Some(place) => write!(f, " (from {place})"),
            None => Ok(()),
        }
    }
}

impl Refusal {
    /// What a call or a change set says by itself.
    #[must_use]
    pub fn of(stack: &str, reason: &str) -> Self {
        let findings = vec![Finding::of(reason)];
        Self { stack: stack.to_owned(), reason: reason.to_owned(), findings }
    }

    /// With what the project knows of it.
    #[must_use]
    pub fn located(mut self, templates: &Templates, places: &Places) -> Self {
        for finding in &mut self.findings {
            let mut origin = finding.origin.clone();
            if let Some(name) = origin.plugin.as_ref().and_then(|id| templates.nested_ids.get(id)) {
                origin.plugin = Some(name.clone());
            }
            let plugin = origin.plugin.as_ref().and_then(|name| templates.plugins.get(name));
            let template = plugin.unwrap_or(&templates.root);
            finding.circle = circle(&finding.reason, templates);
            if origin.kind.is_none() {
                origin.kind = kind(template, origin.resource.as_deref());
            }
            origin.place = places.of(&origin, (&finding.reason, finding.property()));
            finding.origin = origin;
        }
        self
    }

    pub(super) fn hint(&self) -> String {
        let known = self.findings.iter().find_map(|finding| finding.explained().hint);
        let known = known.map_or_else(String::new, |hint| format!("; {hint}"));
        format!("nothing of it was done; correct it and deploy again{known}")
    }

    pub(super) fn told(&self) -> Vec<Told> {
        self.findings.iter().map(Finding::told).collect()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let findings: Vec<_> = self.findings.iter().map(ToString::to_string).collect();
        let Self { stack, .. } = self;
        write!(f, "CloudFormation refused the change of `{stack}`: {}", findings.join("; "))
    }
}

fn kind(template: &Template, id: Option<&str>) -> Option<String> {
    let whole: Value = serde_json::from_str(&template.text).ok()?;
    Some(whole["Resources"][id?]["Type"].as_str()?.to_owned())
}

/// A change set that failed, with the plugin's nested stack that it belongs to.
struct Failed {
    id: String,
    set: ChangeSet,
    within: Option<String>,
}

/// What is behind a change set's failure.
pub(super) async fn findings(cloud: &impl StackReader, id: &str, set: ChangeSet) -> Vec<Finding> {
    let mut seen = BTreeSet::from([id.to_owned()]);
    let mut open = VecDeque::from([Failed { id: id.to_owned(), set, within: None }]);
    let mut all = Vec::new();
    while let Some(failed) = open.pop_front() {
        let mut own = kept_apart(cloud, &failed).await;
        let nested = nested(cloud, &failed, &mut seen).await;
        if own.is_empty() && nested.is_empty() {
            own.push(Finding::of(&failed.set.reason));
        }
        for mut one in own {
            one.origin.plugin.clone_from(&failed.within);
            all.push(one);
        }
        open.extend(nested);
    }
    all
}

/// The findings of early validation and of hooks.
async fn kept_apart(cloud: &impl StackReader, failed: &Failed) -> Vec<Finding> {
    if !failed.set.reason.contains("The following hook(s)") {
        return Vec::new();
    }
    // Who may not look still has the sentence, which says what to allow.
    cloud.validation_errors(&failed.id).await.unwrap_or_default()
}

/// The nested change sets that failed: what the sentence names, and what the change set lists.
async fn nested(
    cloud: &impl StackReader,
    failed: &Failed,
    seen: &mut BTreeSet<String>,
) -> Vec<Failed> {
    let listed = failed.set.changes.iter().filter_map(|change| change.nested.as_deref());
    let mut found = Vec::new();
    for id in named(&failed.set.reason).chain(listed) {
        if !seen.insert(id.to_owned()) {
            continue;
        }
        let Ok(set) = cloud.change_set(id).await else { continue };
        if set.status == "FAILED" && !super::changeset::is_empty(&set.reason) {
            // What a plugin nests by itself is still the plugin's.
            let within = failed.within.clone().or_else(|| logical_id(&failed.set, id, &set));
            found.push(Failed { id: id.to_owned(), set, within });
        }
    }
    found
}

/// The ARNs in `Nested change set arn:... was not successfully created: ...`.
fn named(reason: &str) -> impl Iterator<Item = &str> {
    let words = reason.split("Nested change set ").skip(1);
    words.filter_map(|rest| rest.split_whitespace().next()).filter(|word| word.starts_with("arn:"))
}

/// The nested stack's id in its parent's template: as the parent lists it, or from its name, which
/// CloudFormation makes of the parent's name, the id and a random word.
fn logical_id(parent: &ChangeSet, id: &str, nested: &ChangeSet) -> Option<String> {
    let listed = parent.changes.iter().find(|change| change.nested.as_deref() == Some(id));
    let named = || {
        let rest = nested.stack.strip_prefix(&parent.stack)?.strip_prefix('-')?;
        Some(rest.rsplit_once('-')?.0.to_owned())
    };
    listed.map(|change| change.logical_id.clone()).or_else(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_change_sets_are_found_in_the_sentence() {
        let reason =
            "Nested change set arn:aws:cfn:x was not successfully created: Currently in FAILED.";
        assert_eq!(named(reason).collect::<Vec<_>>(), ["arn:aws:cfn:x"]);
        assert_eq!(named("Transform failed").count(), 0);
    }

    #[test]
    fn a_nested_stack_that_is_not_listed_is_known_by_its_name() {
        let set = |stack: &str| ChangeSet { stack: stack.into(), ..ChangeSet::default() };
        let found = logical_id(&set("mon-dev"), "arn:x", &set("mon-dev-PluginMail-1A2B"));
        assert_eq!(found.as_deref(), Some("PluginMail"));
        assert_eq!(logical_id(&set("mon-dev"), "arn:x", &set("other")), None);
    }
}
