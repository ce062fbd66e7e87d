//! What CloudFormation says of templates, change sets and stacks.

use super::{Explained, after, between, quoted, until};

pub(super) fn capabilities(text: &str) -> Option<Explained> {
    let list = between(text, ("Requires capabilities : [", "]"))?;
    Some(Explained::new(
        format!("CloudFormation wants the consent {list}, which every deploy of this tool gives"),
        "a nested stack of a plugin's own asks for it: name its resources without one",
    ))
}

/// CloudFormation's own validations count as hooks.
pub(super) fn hooks(text: &str) -> Option<Explained> {
    let rest = after(text, "The following hook(s)")?;
    let names = between(rest, ("[", "]"))?;
    if names.contains("AWS::EarlyValidation") {
        return Some(Explained::new(
            format!("CloudFormation found a fault before it began ({names})"),
            "allow `cloudformation:DescribeEvents` and deploy again: it says what and where",
        ));
    }
    let kind = quoted(names);
    Some(Explained::new(
        format!("the account does not let it through: the hook {kind} refused it"),
        "whoever keeps the account's hooks knows its rules; CloudFormation keeps its findings: \
         `aws cloudformation list-hook-results`",
    ))
}

pub(super) fn circle(text: &str) -> Option<Explained> {
    let names = between(text, ("Circular dependency between resources: [", "]"))?;
    Some(Explained::new(
        format!("resources wait for each other: {}", quoted(names)),
        "let one of them do without the other, such as by a policy of its own that names both",
    ))
}

pub(super) fn export_in_use(text: &str) -> Option<Explained> {
    let name = between(text, ("Export ", " cannot be"))?;
    let by_whom = after(text, "in use by ")?.trim_end_matches('.');
    Some(Explained::new(
        format!("the export `{name}` is imported by {by_whom}"),
        "take the import out of that stack first, and deploy it",
    ))
}

pub(super) fn mapping(text: &str) -> Option<Explained> {
    let is_known = text.contains("Fn::FindInMap") || text.contains("Unable to get mapping for");
    is_known.then(|| {
        let keys = after(text, "Unable to get mapping for ").map(|keys| keys.trim_end_matches('.'));
        let keys = keys.map_or_else(String::new, |keys| format!(" `{keys}`"));
        Explained::new(
            format!("a mapping of the resources has no entry{keys}"),
            "add the entry for this region or env to `Mappings`",
        )
    })
}

pub(super) fn import(text: &str) -> Option<Explained> {
    let is_known = text.contains("attempting to import some resources because they already exist");
    is_known.then(|| {
        let named =
            after(text, "The affected resources are ").map(|list| list.trim_end_matches('.'));
        let named = named.map_or_else(String::new, |list| format!(": {list}"));
        Explained::new(
            format!("what these resources would make exists in the account already{named}"),
            "delete or rename what is there, or rename the resources here",
        )
    })
}

pub(super) fn nothing_to_do(text: &str) -> Option<Explained> {
    let is_known = text.starts_with("No updates are to be performed")
        || text.starts_with("The submitted information didn't contain changes");
    is_known.then(|| Explained { what: "nothing changed: it is up to date".into(), hint: None })
}

pub(super) fn gone(text: &str) -> Option<Explained> {
    let name = between(text, ("Stack [", "] does not exist"))
        .or_else(|| between(text, ("Stack with id ", " does not exist")))?;
    Some(Explained::new(
        format!("the stack `{name}` is not there (any more)"),
        "somebody may have deleted it meanwhile; `scheduler deploy` makes it anew",
    ))
}

pub(super) fn cancelled(text: &str) -> Option<Explained> {
    let is_known =
        text.starts_with("Resource ") && text.trim_end_matches('.').ends_with("cancelled");
    is_known.then(|| Explained {
        what: "it was stopped, since something else failed".into(),
        hint: None,
    })
}

pub(super) fn first_create_failed(text: &str) -> Option<Explained> {
    let state = state(text)?;
    state.starts_with("ROLLBACK_").then(|| {
        Explained::new(
            "the first create of the stack failed, and such a stack cannot be updated",
            "`scheduler deploy` says what failed, deletes it and makes it anew",
        )
    })
}

pub(super) fn in_progress(text: &str) -> Option<Explained> {
    let state = state(text)?;
    state.ends_with("_IN_PROGRESS").then(|| {
        Explained::new(
            format!("somebody else's operation is under way ({state})"),
            "`scheduler deploy` waits for its end",
        )
    })
}

fn state(text: &str) -> Option<&str> {
    Some(until(between(text, ("is in ", " state and can not be updated"))?, &[' ']))
}
