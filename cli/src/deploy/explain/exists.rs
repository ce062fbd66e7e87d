//! What stands in the way under the same name.

use super::{Explained, after, between, until};

const OTHERS: &str = "delete or rename what has the name, or change `service` or the env's name; \
                      what an earlier `destroy --keep-data` of the same env left is taken over by \
                      itself";

/// The first that fits counts.
pub(super) fn exists_already(text: &str) -> Option<Explained> {
    let is_known = text.contains("HandlerErrorCode: AlreadyExists")
        || (text.contains("already exist") && !text.contains("changeSet"));
    if !is_known {
        return None;
    }
    let special = mapping(text).or_else(|| queue(text)).or_else(|| topic(text));
    special.or_else(|| in_a_stack(text)).or_else(|| Some(by_name(text)))
}

/// Lambda takes one mapping from a queue to a function.
fn mapping(text: &str) -> Option<Explained> {
    let rest = after(text, "An event source mapping with ")?;
    let source = between(rest, ("arn (\" ", " \")"))?;
    let function = between(rest, ("function (\" ", " \")"))?;
    let id = after(rest, "mapping with UUID ").map(|rest| until(rest, &[' ', '.', '(', '"', '\n']));
    let id = id.filter(|id| !id.is_empty())?;
    Some(Explained::new(
        format!(
            "`{function}` reads from `{source}` already, by the mapping `{id}`, which this stack \
             did not make"
        ),
        format!(
            "remove it: `aws lambda delete-event-source-mapping --uuid {id}`, then deploy again"
        ),
    ))
}

fn queue(text: &str) -> Option<Explained> {
    let rest = after(text, "same name and a different value for attribute")?;
    let attribute = until(rest.trim_start_matches(['s', '(', ')']).trim_start(), &[' ', '.', '"']);
    Some(Explained::new(
        format!(
            "a queue of this name exists already, with another `{attribute}`, and this stack did \
             not make it"
        ),
        OTHERS,
    ))
}

fn topic(text: &str) -> Option<Explained> {
    let what = after(text, "Topic already exists with different ")?;
    let what = until(what, &[' ', '.', '"']);
    Some(Explained::new(
        format!(
            "a topic of this name exists already, with other {what}, and this stack did not make it"
        ),
        OTHERS,
    ))
}

fn in_a_stack(text: &str) -> Option<Explained> {
    let (name, rest) = text.split_once(" already exists in stack ")?;
    let arn = until(rest, &[' ', ',', '"', '\n']);
    let owner = arn.split('/').nth(1).unwrap_or(arn);
    let name = name.rsplit(' ').next().unwrap_or(name);
    Some(Explained::new(
        format!("`{name}` belongs to the stack `{owner}`"),
        format!("rename it here, or take it out of `{owner}` first and deploy that"),
    ))
}

fn by_name(text: &str) -> Explained {
    let what = match name(text) {
        Some(name) => format!("`{name}` exists already, and this stack did not make it"),
        None => "something of this name exists already, and this stack did not make it".to_owned(),
    };
    Explained::new(what, OTHERS)
}

fn name(text: &str) -> Option<&str> {
    let said = between(text, ("with identifier '", "'"))
        .or_else(|| between(text, ("with name ", " already")))
        .or_else(|| after(text, "already exist: ").map(|rest| until(rest, &[' ', '"', '('])))
        .or_else(|| text.split(" already exist").next()?.rsplit(' ').next());
    // Whatever is a name of this tool's making has a hyphen in it; a word of a sentence has none.
    let said = said?.trim_matches(['\'', '"', '`', '(', ')']);
    let is_name = said.contains(['-', '/', ':', '_', '.']) && !said.contains(' ');
    is_name.then_some(said)
}
